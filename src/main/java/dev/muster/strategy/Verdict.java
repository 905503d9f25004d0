package dev.muster.strategy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a strategy says of a batch that has ended.
///
/// @param failure    why the batch has failed, or `null` if it has not
/// @param timeRanOut whether a call that decided a failure had timed out
/// @param winner     id of the winning call; only of `first-completed`
/// @param done       ids of the calls that were done when the batch returned, in input order; only of `wait`
/// @param pending    ids of the calls that were not; only of `wait`
public record Verdict(
        BatchOutcome outcome,
        @Nullable String failure,
        boolean timeRanOut,
        @Nullable String winner,
        @Nullable List<String> done,
        @Nullable List<String> pending) {

    /// The same for a batch whose end was not awaited: whatever it has come to, it is not complete.
    public Verdict cutShort() {
        return outcome == BatchOutcome.COMPLETE ? met(BatchOutcome.PARTIAL) : this;
    }

    static Verdict met(BatchOutcome outcome) {
        return new Verdict(outcome, null, false, null, null, null);
    }

    static Verdict failed(String failure, boolean timeRanOut) {
        return new Verdict(BatchOutcome.FAILED, failure, timeRanOut, null, null, null);
    }
}
