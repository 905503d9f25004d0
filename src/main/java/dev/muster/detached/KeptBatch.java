package dev.muster.detached;

import dev.muster.answer.BatchWriter;
import dev.muster.answer.Progress;
import dev.muster.request.StrategyName;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary.Counts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What is known of a batch that outlives its request, at one moment.
///
/// @param origin    what it was made with
/// @param counts    of the calls that have landed
/// @param landed    how many results there are, which is the number of the last
/// @param ending    how it ended, or `null` while it runs
/// @param expiresAt when it is forgotten; while it runs, when it is at the latest
public record KeptBatch(
        Origin origin, Counts counts, long landed, @Nullable End ending, Instant expiresAt) {

    /// What a batch is made with, and keeps.
    ///
    /// @param principal who made it, and alone may see it
    /// @param calls     how many it has
    /// @param accepted  when it was
    public record Origin(UUID id, String principal, StrategyName strategy, int calls, Instant accepted) {}

    /// How a batch ended.
    ///
    /// @param failure    why it has failed, or `null` if it has not
    /// @param timeRanOut whether a call that decided a failure had timed out
    /// @param summary    the batch without its results, in JSON
    public record End(BatchOutcome outcome, @Nullable String failure, boolean timeRanOut, byte[] summary) {}

    public UUID id() {
        return origin.id();
    }

    public BatchOutcome outcome() {
        return ending == null ? BatchOutcome.RUNNING : ending.outcome();
    }

    /// The batch without its results, in JSON.
    public byte[] summary(Instant now) {
        return ending == null ? BatchWriter.running(progress(now), null, null) : ending.summary();
    }

    /// The same of a batch that has returned with some of its calls still running.
    ///
    /// @param done ids of the calls that have landed
    /// @param open those of the others
    byte[] returned(Instant now, List<String> done, List<String> open) {
        return BatchWriter.running(progress(now), done, open);
    }

    private Progress progress(Instant now) {
        return new Progress(
                origin.id(),
                origin.strategy(),
                BatchOutcome.RUNNING,
                Duration.between(origin.accepted(), now).toNanos(),
                counts,
                origin.calls() - counts.all());
    }
}
