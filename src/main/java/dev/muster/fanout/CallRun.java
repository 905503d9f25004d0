package dev.muster.fanout;

import dev.muster.admission.Gate;
import dev.muster.admission.HostPass;
import dev.muster.call.BatchScope;
import dev.muster.call.LiveCall;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.Phase;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/// One call of a running batch: waits at the gates, runs, and ends with exactly one outcome, whoever ends it.
///
/// Event loops, the timer and the client's disconnect race for it; what decides is who sets [#ended] first, under
/// this object's lock. Nothing foreign is called while the lock is held.
class CallRun implements Gate.Entrant {

    private volatile CallPlan call;
    private final BatchRun batch;
    /// One, or two for a moment: a race that is decided while it still subscribes hears from its calls once more.
    private final List<MonoSink<CallOutcome>> subscribers = new ArrayList<>(1);
    private @Nullable HostPass host;
    private @Nullable LiveCall live;
    private @Nullable Disposable exchange;
    /// How many of the batch's gates it is through.
    private int passed;
    /// When it was through all of them.
    private volatile long admittedNanos;
    /// What it has come to, until that is forgotten.
    private @Nullable CallOutcome outcome;
    private boolean ended;

    CallRun(CallPlan call, BatchRun batch) {
        this.call = call;
        this.batch = batch;
    }

    /// The outcome of this call. The first subscription starts it, every later one gets the same outcome, and
    /// cancelling one cancels the call.
    Mono<CallOutcome> asMono() {
        return Mono.create(this::subscribed);
    }

    /// What it shares with the other calls of its batch.
    BatchScope scope() {
        return batch.scope();
    }

    /// Its host may not be asked yet.
    void waitsForHost() {}

    BatchRun batch() {
        return batch;
    }

    CallPlan call() {
        return call;
    }

    /// It is `finished` that is going to be made.
    void become(CallPlan finished) {
        call = finished;
    }

    /// Somebody asks for its outcome, for the first time.
    void askedFor() {
        enterHost();
    }

    /// Since when it has waited for its slots.
    long waitsSinceNanos() {
        return batch.plan().acceptedNanos();
    }

    /// It waits for a slot no longer: it is through all gates, or has ended before.
    void isThrough() {}

    private void subscribed(MonoSink<CallOutcome> subscriber) {
        CallOutcome known;
        boolean first;
        synchronized (this) {
            known = outcome;
            first = subscribers.isEmpty();
            subscribers.add(subscriber);
            forgetIfTold();
        }
        if (known != null) {
            subscriber.success(known);
            return;
        }
        // Only a race that has its winner lets go of single calls; whatever else ends them cuts the whole
        // batch first.
        subscriber.onCancel(() -> cancel(CancelReason.WINNER_FOUND));
        if (first) {
            askedFor();
        }
    }

    private void enterHost() {
        HostPass pass = batch.hosts().pass(call, caller());
        if (pass == null) {
            enterGates();
            return;
        }
        synchronized (this) {
            host = pass;
        }
        pass.enter(this::enterGates);
        if (hasEnded()) {
            pass.end();
        } else if (pass.isWaiting()) {
            waitsForHost();
        }
    }

    /// As far as its host is concerned, it may begin.
    void enterGates() {
        enter(batch.gates().getFirst());
    }

    /// Most batches ask for it once.
    private void forgetIfTold() {
        if (!subscribers.isEmpty() && batch.isAskedOnce()) {
            outcome = null;
        }
    }

    private void enter(Gate gate) {
        if (gate.enter(caller(), this) && hasEnded()) {
            gate.giveUp(caller(), this);
        }
    }

    /// Whose turn it takes.
    String caller() {
        return batch.plan().principal();
    }

    @Override
    public boolean admitted(Gate gate) {
        int next;
        synchronized (this) {
            // Ending the calls of a batch one by one makes room at its gate, which no sibling may use any
            // more.
            if (ended || batch.isCut()) {
                return false;
            }
            next = ++passed;
        }
        if (next < batch.gates().size()) {
            enter(batch.gates().get(next));
        } else {
            admittedNanos = batch.clock().nanos();
            isThrough();
            batch.starts().enter(caller(), this::start);
        }
        return true;
    }

    private boolean start() {
        long now = batch.clock().nanos();
        Deadline deadline = call.deadline(now, batch.plan().deadline());
        var started = new LiveCall(deadline, now - waitsSinceNanos(), now, scope());
        synchronized (this) {
            if (ended || batch.isCut()) {
                return false;
            }
            live = started;
        }
        HostPass pass = host;
        if (pass != null) {
            pass.begun();
        }
        batch.callStarted(call, started);
        if (deadline.layer() != Layer.GATEWAY) {
            batch.deadlines().watch(this, deadline);
        }
        keepExchange(batch.pipeline().call(call, started).subscribe(this::end));
        return true;
    }

    private void keepExchange(Disposable subscription) {
        synchronized (this) {
            exchange = subscription;
            if (!ended) {
                return;
            }
        }
        subscription.dispose();
    }

    synchronized boolean hasEnded() {
        return ended;
    }

    /// Ends the call because a deadline has passed.
    void expire(Deadline passed) {
        LiveCall running;
        synchronized (this) {
            running = live;
        }
        if (running == null) {
            end(new CallOutcome.TimedOut(call, trace(null), passed, Phase.ACQUIRE));
        } else {
            running.expire(passed);
        }
    }

    /// Ends the call because it is no longer wanted.
    void cancel(CancelReason reason) {
        LiveCall running;
        synchronized (this) {
            if (ended) {
                return;
            }
            running = live;
        }
        if (running != null) {
            running.close();
        }
        end(new CallOutcome.Cancelled(call, trace(running), reason));
    }

    /// What is known of it now.
    Trace trace() {
        LiveCall running;
        synchronized (this) {
            running = live;
        }
        return trace(running);
    }

    private Trace trace(@Nullable LiveCall running) {
        return running == null ? Trace.NONE : running.trace(batch.clock().nanos());
    }

    void end(CallOutcome result) {
        CallOutcome settled = batch.orFallback(result, scope());
        List<MonoSink<CallOutcome>> listeners;
        Disposable toAbort;
        HostPass pass;
        boolean started;
        int toLeave;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            outcome = settled;
            listeners = List.copyOf(subscribers);
            forgetIfTold();
            toAbort = exchange;
            pass = host;
            started = live != null;
            toLeave = passed;
        }
        if (toAbort != null) {
            toAbort.dispose();
        }
        if (pass != null) {
            pass.end();
        }
        if (toLeave < batch.gates().size()) {
            batch.gates().get(toLeave).giveUp(caller(), this);
        }
        long heldNanos = batch.clock().nanos() - admittedNanos;
        for (int i = toLeave - 1; i > 0; i--) {
            if (started) {
                batch.gates().get(i).leave(heldNanos);
            } else {
                batch.gates().get(i).leave();
            }
        }
        if (toLeave < batch.gates().size()) {
            isThrough();
        }
        batch.callEnded(this, settled);
        // What the call held of the room of all is there now for whoever acts on its result. Its place in the batch is
        // not yet: the result may be that no sibling is wanted any more.
        listeners.forEach(listener -> listener.success(settled));
        if (toLeave > 0) {
            batch.gates().getFirst().leave();
        }
        batch.dependentsOf(settled);
    }
}
