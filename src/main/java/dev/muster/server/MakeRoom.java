package dev.muster.server;

import dev.muster.admission.BatchRefusedException;
import dev.muster.admission.Refusal;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.RunListener;
import dev.muster.plan.BatchPlan;
import reactor.util.context.ContextView;

/// Lets clients that do not read lose their answers when a batch is refused for want of memory.
///
/// @param listener hears of all, as well
public record MakeRoom(StalledClients clients, BatchListener listener) implements BatchListener {

    @Override
    public void refused(BatchRefusedException refusal, String principal) {
        listener.refused(refusal, principal);
        if (refusal.reason() == Refusal.MEMORY) {
            clients.makeRoom();
        }
    }

    @Override
    public RunListener began(BatchPlan plan, ContextView context) {
        return listener.began(plan, context);
    }
}
