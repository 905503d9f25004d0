package dev.muster.fanout;

import dev.muster.admission.BatchMemory;
import dev.muster.admission.LineAdmission;
import dev.muster.call.BatchScope;
import dev.muster.plan.CallPlan;
import dev.muster.upstream.ByteBudget;
import dev.muster.upstream.ResponseMemory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Sinks;

/// One call of a batch without end, whose response is kept in memory of its own.
final class LineRun extends CallRun {

    private final LineAdmission admission;
    private final long bytes;
    private final Sinks.Empty<Void> through;
    private final Disposable.Swap place = Disposables.swap();
    private final Disposable.Swap aside = Disposables.swap();
    private volatile @Nullable BatchScope scope;

    /// @param bytes   what the call itself takes
    /// @param through completed when the lines behind it may be read
    LineRun(CallPlan call, BatchRun batch, LineAdmission admission, long bytes, Sinks.Empty<Void> through) {
        super(call, batch);
        this.admission = admission;
        this.bytes = bytes;
        this.through = through;
    }

    /// Batches without end go by turns with those that cannot wait, of the same caller too, whatever their number of
    /// lines.
    @Override
    String caller() {
        return admission.turns();
    }

    @Override
    BatchScope scope() {
        BatchScope own = scope;
        return own == null ? super.scope() : own;
    }

    @Override
    void waitsForHost() {
        BatchMemory memory = admission.aside(bytes);
        if (memory != null) {
            aside.update(memory::release);
            through.tryEmitEmpty();
        }
    }

    /// It holds room for its response before it takes a slot.
    @Override
    void enterGates() {
        place.update(admission.place(call().index(), bytes).subscribe(this::enterGates));
    }

    private void enterGates(ResponseMemory memory) {
        aside.dispose();
        scope = batch().scope().with(new ByteBudget(batch().plan().limits().maxBytes(), memory));
        super.enterGates();
    }

    @Override
    void isThrough() {
        place.dispose();
        aside.dispose();
        through.tryEmitEmpty();
    }
}
