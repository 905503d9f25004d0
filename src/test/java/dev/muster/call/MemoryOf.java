package dev.muster.call;

import dev.muster.upstream.ResponseMemory;
import java.util.concurrent.atomic.AtomicLong;

/// So many bytes for responses.
public record MemoryOf(AtomicLong left) implements ResponseMemory {

    public MemoryOf(long bytes) {
        this(new AtomicLong(bytes));
    }

    @Override
    public boolean tryTake(int bytes) {
        if (left.addAndGet(-bytes) >= 0) {
            return true;
        }
        giveBack(bytes);
        return false;
    }

    @Override
    public void giveBack(int bytes) {
        left.addAndGet(bytes);
    }
}
