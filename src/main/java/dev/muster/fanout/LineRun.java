package dev.muster.fanout;

import dev.muster.call.BatchScope;
import dev.muster.plan.CallPlan;
import dev.muster.upstream.ByteBudget;
import dev.muster.upstream.ResponseMemory;
import reactor.core.publisher.Sinks;

/// One call of a batch without end, whose response is kept in memory of its own.
final class LineRun extends CallRun {

    private final String turns;
    private final BatchScope scope;
    private final Sinks.Empty<Void> through;

    /// @param through completed when it waits for a slot no longer
    /// @param turns   in whose name it waits
    LineRun(CallPlan call, BatchRun batch, String turns, ResponseMemory memory, Sinks.Empty<Void> through) {
        super(call, batch);
        this.turns = turns;
        this.scope = batch.scope().with(new ByteBudget(batch.plan().maxBytes(), memory));
        this.through = through;
    }

    /// Batches without end go by turns with those that cannot wait, of the same caller too, whatever their number of
    /// lines.
    @Override
    String caller() {
        return turns;
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
