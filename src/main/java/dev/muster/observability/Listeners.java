package dev.muster.observability;

import dev.muster.admission.BatchRefusedException;
import dev.muster.call.LiveCall;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.RunListener;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.strategy.BatchSummary;
import reactor.util.context.ContextView;

/// Two listeners that hear the same, in this order.
record Listeners(BatchListener first, BatchListener second) implements BatchListener {

    @Override
    public void refused(BatchRefusedException refusal, String principal) {
        first.refused(refusal, principal);
        second.refused(refusal, principal);
    }

    @Override
    public RunListener began(BatchPlan plan, ContextView context) {
        return new Run(first.began(plan, context), second.began(plan, context));
    }

    private record Run(RunListener first, RunListener second) implements RunListener {

        @Override
        public void callStarted(CallPlan call, LiveCall live) {
            first.callStarted(call, live);
            second.callStarted(call, live);
        }

        @Override
        public void callEnded(CallOutcome outcome) {
            first.callEnded(outcome);
            second.callEnded(outcome);
        }

        @Override
        public void ended(BatchSummary summary) {
            first.ended(summary);
            second.ended(summary);
        }
    }
}
