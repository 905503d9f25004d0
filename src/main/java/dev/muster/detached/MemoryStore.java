package dev.muster.detached;

import dev.muster.answer.StoredResult;
import dev.muster.strategy.BatchSummary.Counts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// Keeps batches in the memory of this instance, which alone knows of them.
///
/// How many there are, and how much they hold, is bounded by who takes them on; none is evicted before its time.
public final class MemoryStore implements BatchStore {

    private static final long EPOCH = 1;

    private final Duration retention;
    private final InstantSource clock;
    private final Map<UUID, Stored> batches = new ConcurrentHashMap<>();
    private final Map<String, Creation.Existing> made = new ConcurrentHashMap<>();

    /// @param retention how long a batch is kept after its end
    public MemoryStore(Duration retention, InstantSource clock) {
        this.retention = retention;
        this.clock = clock;
    }

    @Override
    public Mono<Creation> create(KeptBatch.Origin origin, @Nullable IdempotencyKey key, Instant expiresAt) {
        return Mono.fromSupplier(() -> {
            batches.put(origin.id(), new Stored(origin, key, expiresAt));
            if (key != null) {
                var own = new Creation.Existing(origin.id(), key);
                var kept = made.merge(key.name(), own, (before, _) -> find(before.id()) == null ? own : before);
                if (!kept.id().equals(own.id())) {
                    batches.remove(origin.id());
                    return kept;
                }
            }
            return new Creation.Created(EPOCH);
        });
    }

    @Override
    public Mono<Creation.Existing> made(IdempotencyKey key) {
        return Mono.fromSupplier(() -> made.get(key.name())).filter(existing -> find(existing.id()) != null);
    }

    @Override
    public Mono<Recording> append(UUID id, long epoch, Landed landed) {
        return Mono.fromSupplier(() -> {
            Stored batch = find(id);
            return batch == null || epoch != EPOCH ? Recording.REFUSED : batch.append(landed);
        });
    }

    @Override
    public Mono<Void> cancel(UUID id) {
        return Mono.fromRunnable(() -> {
            Stored batch = find(id);
            if (batch != null) {
                batch.cancel();
            }
        });
    }

    @Override
    public Flux<UUID> reap() {
        return Flux.defer(() -> {
            Instant now = clock.instant();
            List<UUID> over = new ArrayList<>();
            batches.forEach((id, batch) -> {
                if (batch.isOver(now)) {
                    over.add(id);
                }
            });
            over.forEach(this::forget);
            return Flux.fromIterable(over);
        });
    }

    private void forget(UUID id) {
        Stored batch = batches.remove(id);
        if (batch != null) {
            if (batch.key != null) {
                made.remove(batch.key.name(), new Creation.Existing(id, batch.key));
            }
            batch.wakeAll();
        }
    }

    @Override
    public Mono<KeptBatch> batch(UUID id) {
        return Mono.fromSupplier(() -> {
            Stored batch = find(id);
            return batch == null ? null : batch.now();
        });
    }

    @Override
    public Mono<Page> read(UUID id, long after, Limit limit) {
        return Mono.fromSupplier(() -> {
            Stored batch = find(id);
            return batch == null ? null : batch.read(after, limit);
        });
    }

    @Override
    public Mono<Void> changed(UUID id, long after) {
        return Mono.create(waiting -> {
            Stored batch = find(id);
            if (batch == null || !batch.keepsWaiting(after, waiting)) {
                waiting.success();
            }
        });
    }

    /// One whose time is over is not there any more, whether or not it has been forgotten.
    private @Nullable Stored find(UUID id) {
        Stored batch = batches.get(id);
        return batch == null || batch.isOver(clock.instant()) ? null : batch;
    }

    /// One that waits for a result after a number.
    private record Waiting(long after, MonoSink<Void> sink) {}

    /// What is kept of one batch; changed under its own lock, while which is held nothing foreign is called.
    private final class Stored {

        private final KeptBatch.Origin origin;
        private final @Nullable IdempotencyKey key;
        private final List<StoredResult> results = new ArrayList<>();
        private final Set<Waiting> waiting = new HashSet<>();
        private Counts counts = new Counts(0, 0, 0, 0, 0);
        private Instant expiresAt;
        private KeptBatch.@Nullable End ending;
        private boolean cancelled;

        private Stored(KeptBatch.Origin origin, @Nullable IdempotencyKey key, Instant expiresAt) {
            this.origin = origin;
            this.key = key;
            this.expiresAt = expiresAt;
        }

        private Recording append(Landed landed) {
            List<Waiting> woken = new ArrayList<>();
            Recording recording;
            synchronized (this) {
                if (ending != null) {
                    return Recording.REFUSED;
                }
                for (StoredResult result : landed.results()) {
                    if (result.seq() == results.size() + 1) {
                        results.add(result);
                    }
                }
                counts = landed.counts();
                ending = landed.ending();
                if (ending != null) {
                    expiresAt = clock.instant().plus(retention);
                }
                recording = cancelled ? Recording.CANCELLED : Recording.RECORDED;
                waiting.removeIf(one -> !waits(one.after()) && woken.add(one));
            }
            woken.forEach(one -> one.sink().success());
            return recording;
        }

        private synchronized void cancel() {
            cancelled = true;
        }

        private synchronized KeptBatch now() {
            return new KeptBatch(origin, counts, results.size(), ending, expiresAt);
        }

        private synchronized Page read(long after, Limit limit) {
            List<StoredResult> page = new ArrayList<>();
            long bytes = 0;
            for (long i = after; i < results.size() && page.size() < limit.results() && bytes < limit.bytes(); i++) {
                StoredResult result = results.get((int) i);
                page.add(result);
                bytes += result.json().length;
            }
            return new Page(now(), page);
        }

        private boolean keepsWaiting(long after, MonoSink<Void> sink) {
            var one = new Waiting(after, sink);
            synchronized (this) {
                if (!waits(after)) {
                    return false;
                }
                waiting.add(one);
            }
            sink.onDispose(() -> leave(one));
            return true;
        }

        private synchronized void leave(Waiting one) {
            waiting.remove(one);
        }

        private boolean waits(long after) {
            return ending == null && results.size() <= after;
        }

        private synchronized boolean isOver(Instant now) {
            return !now.isBefore(expiresAt);
        }

        private void wakeAll() {
            List<Waiting> woken;
            synchronized (this) {
                woken = List.copyOf(waiting);
                waiting.clear();
            }
            woken.forEach(one -> one.sink().success());
        }
    }
}
