package dev.muster.fanout;

import dev.muster.call.BatchScope;
import dev.muster.plan.CallPlan;
import dev.muster.upstream.ByteBudget;
import dev.muster.upstream.ResponseMemory;
import reactor.core.publisher.Sinks;

/// One call of a batch without end, whose response is kept in memory of its own.
final class LineRun extends CallRun {

    private final BatchScope scope;
    private final Sinks.Empty<Void> through;

    /// @param through completed when it waits for a slot no longer
    LineRun(CallPlan call, BatchRun batch, ResponseMemory memory, Sinks.Empty<Void> through) {
        super(call, batch);
        this.scope = batch.scope().with(new ByteBudget(batch.plan().maxBytes(), memory));
        this.through = through;
    }

    @Override
    BatchScope scope() {
        return scope;
    }

    @Override
    void isThrough() {
        through.tryEmitEmpty();
    }
}
