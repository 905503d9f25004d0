package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Result;
import dev.muster.plan.BatchPlan;
import org.jspecify.annotations.Nullable;

/// What there is to say of a batch that has ended, besides its results.
///
/// @param elapsedNanos from when it was accepted until it ended
/// @param lines        how many lines of a batch without end have been read, or `null` if it came as a document
public record BatchSummary(
        BatchPlan plan,
        Verdict verdict,
        Counts counts,
        long elapsedNanos,
        @Nullable Long lines) {

    /// How many calls had which outcome.
    public record Counts(int succeeded, int failed, int timedOut, int rejected, int cancelled) {

        public int all() {
            return succeeded + failed + timedOut + rejected + cancelled;
        }
    }

    /// Counts results as they come, on any thread.
    public static final class Tally {

        private int succeeded;
        private int failed;
        private int timedOut;
        private int rejected;
        private int cancelled;

        public synchronized void add(Result result) {
            switch (result) {
                case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> succeeded++;
                case CallOutcome.Failed _ -> failed++;
                case CallOutcome.TimedOut _ -> timedOut++;
                case CallOutcome.Rejected _, InvalidCall _ -> rejected++;
                case CallOutcome.Cancelled _ -> cancelled++;
            }
        }

        public synchronized Counts counts() {
            return new Counts(succeeded, failed, timedOut, rejected, cancelled);
        }
    }
}
