package dev.muster.detached;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;

class MemoryStoreTest extends StoreContract {

    private final AtomicReference<Instant> clock = new AtomicReference<>(Instant.parse("2026-01-01T00:00:00Z"));
    private final BatchStore store = new MemoryStore(RETENTION, clock::get);

    @Override
    BatchStore store() {
        return store;
    }

    @Override
    Instant now() {
        return clock.get();
    }

    @Override
    void pass(Duration time) {
        clock.updateAndGet(now -> now.plus(time));
    }
}
