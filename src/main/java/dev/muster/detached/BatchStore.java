package dev.muster.detached;

import dev.muster.answer.StoredResult;
import dev.muster.strategy.BatchSummary.Counts;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Where batches that outlive their request are kept, from when they are taken on until their time is over.
///
/// A batch belongs to one instance at a time, in an epoch that begins with 1. What an instance records in an epoch that
/// is over changes nothing.
public interface BatchStore {

    /// What became of an attempt to keep a new batch.
    sealed interface Creation {

        /// It is kept.
        record Created(long epoch) implements Creation {}

        /// There is one already that was made with the same key.
        ///
        /// @param key that it was made with
        record Existing(UUID id, IdempotencyKey key) implements Creation {}
    }

    /// Some of what has landed since the last time.
    ///
    /// @param results numbered without a gap, from one above what was recorded before
    /// @param counts  of all that have landed until then
    /// @param ending  how the batch ended, if nothing follows
    record Landed(List<StoredResult> results, Counts counts, KeptBatch.@Nullable End ending) {}

    /// What became of an attempt to record something.
    enum Recording {
        /// It is there, now or since the same was recorded before.
        RECORDED,
        /// So it is, and whoever may has asked for what is pending to be cancelled.
        CANCELLED,
        /// The batch has ended, is gone, or belongs to somebody else.
        REFUSED
    }

    /// Some of the results of a batch.
    ///
    /// @param batch   as it was at that moment
    /// @param results in landing order
    record Page(KeptBatch batch, List<StoredResult> results) {

        /// Whether there will be none after these.
        public boolean isLast() {
            long last = results.isEmpty() ? batch.landed() : results.getLast().seq();
            return batch.ending() != null && last >= batch.landed();
        }
    }

    /// Keeps a new batch.
    ///
    /// @param key       what it is made with, if with any
    /// @param expiresAt when it is over and forgotten at the latest
    Mono<Creation> create(KeptBatch.Origin origin, @Nullable IdempotencyKey key, Instant expiresAt);

    /// The batch that was made with a key of that name; empty if there is none.
    Mono<Creation.Existing> made(IdempotencyKey key);

    /// Records what has landed of a batch, in the epoch in which it belongs to whoever says so.
    Mono<Recording> append(UUID id, long epoch, Landed landed);

    /// Has what is pending of a batch cancelled by whom it belongs to. Empty.
    Mono<Void> cancel(UUID id);

    /// Forgets every batch whose time is over.
    ///
    /// @return their ids
    Flux<UUID> reap();

    /// A batch as it is now; empty if there is none.
    Mono<KeptBatch> batch(UUID id);

    /// The results of a batch after the number `after`, as many and about as many bytes as `limit` says, but one at
    /// least if there is any; empty if there is no such batch.
    Mono<Page> read(UUID id, long after, Limit limit);

    /// How much is read at once.
    record Limit(int results, long bytes) {}

    /// Completes as soon as a batch has a result after the number `after`, has ended, or is gone.
    Mono<Void> changed(UUID id, long after);
}
