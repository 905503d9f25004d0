package dev.muster.fanout;

import dev.muster.call.LiveCall;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.strategy.BatchSummary;

/// Hears what becomes of one batch, on event loops and timers, of several calls at a time: it must neither block nor
/// throw.
public interface RunListener {

    /// Hears nothing.
    RunListener NONE = new RunListener() {
        @Override
        public void callStarted(CallPlan call, LiveCall live) {}

        @Override
        public void callEnded(CallOutcome outcome) {}

        @Override
        public void ended(BatchSummary summary) {}
    };

    /// A call has its slots and is about to be made.
    void callStarted(CallPlan call, LiveCall live);

    /// A call has its outcome, whether or not it was ever started. It is heard once of each.
    void callEnded(CallOutcome outcome);

    /// The batch is over: it has been heard of every call, and nothing more follows.
    void ended(BatchSummary summary);
}
