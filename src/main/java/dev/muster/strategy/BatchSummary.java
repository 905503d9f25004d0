package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import java.util.List;

/// What there is to say of a batch that has ended, besides its results.
///
/// @param elapsedNanos from when it was accepted until it ended
public record BatchSummary(BatchPlan plan, Verdict verdict, Counts counts, long elapsedNanos) {

    /// How many calls had which outcome.
    public record Counts(int succeeded, int failed, int timedOut, int rejected, int cancelled) {

        public static Counts of(List<CallOutcome> outcomes) {
            int succeeded = 0;
            int failed = 0;
            int timedOut = 0;
            int rejected = 0;
            int cancelled = 0;
            for (CallOutcome outcome : outcomes) {
                switch (outcome) {
                    case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> succeeded++;
                    case CallOutcome.Failed _ -> failed++;
                    case CallOutcome.TimedOut _ -> timedOut++;
                    case CallOutcome.Rejected _ -> rejected++;
                    case CallOutcome.Cancelled _ -> cancelled++;
                }
            }
            return new Counts(succeeded, failed, timedOut, rejected, cancelled);
        }
    }
}
