package dev.muster.fanout;

import dev.muster.admission.BatchRefusedException;
import dev.muster.admission.RefusalListener;
import dev.muster.plan.BatchPlan;
import reactor.util.context.ContextView;

/// Hears what becomes of batches, on event loops and timers: it must neither block nor throw.
public interface BatchListener extends RefusalListener {

    /// Hears nothing.
    BatchListener NONE = new BatchListener() {
        @Override
        public void refused(BatchRefusedException refusal, String principal) {}

        @Override
        public RunListener began(BatchPlan plan, ContextView context) {
            return RunListener.NONE;
        }
    };

    /// A batch begins.
    ///
    /// @param context of the subscriber that runs it
    /// @return what hears of this batch from now on
    RunListener began(BatchPlan plan, ContextView context);
}
