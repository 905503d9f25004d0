package dev.muster.fanout;

import dev.muster.call.CallPipeline;
import dev.muster.call.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.GatewayProperties;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/// Takes batches on, or refuses them, and knows which of them run.
public final class Fanout {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    private final CallPipeline pipeline;
    private final GatewayProperties gateway;
    private final Scheduler timer;
    private final BatchListener listener;
    private final Gate gate;
    private final Set<BatchRun> running = ConcurrentHashMap.newKeySet();
    /// Completed by the last batch to end while draining; absent while batches are taken on.
    private volatile Sinks.@Nullable Empty<Void> drained;

    /// One that nobody listens to.
    ///
    /// @param timer the clock and the timer of every deadline
    public Fanout(CallPipeline pipeline, GatewayProperties gateway, Scheduler timer) {
        this(pipeline, gateway, timer, BatchListener.NONE);
    }

    /// @param timer    the clock and the timer of every deadline
    /// @param listener hears what becomes of every batch
    public Fanout(CallPipeline pipeline, GatewayProperties gateway, Scheduler timer, BatchListener listener) {
        this.pipeline = pipeline;
        this.gateway = gateway;
        this.timer = timer;
        this.listener = listener;
        this.gate = new Gate(gateway.maxInFlight());
    }

    /// Takes `plan` on. Nothing starts before the run's results are subscribed to.
    ///
    /// @throws OverloadedException if there is no room for it, or Muster is stopping
    public BatchRun admit(BatchPlan plan) {
        if (drained != null) {
            throw refuse(Refusal.STOPPING, "this instance is stopping");
        }
        int concurrent = Math.min(Math.min(plan.concurrency(), plan.calls().size()), gateway.maxInFlight());
        if (gate.waitingWith(concurrent) > gateway.maxWaiting()) {
            throw refuse(Refusal.OVERLOADED, "too many calls are in flight and waiting");
        }
        return new BatchRun(plan, pipeline, gate, timer, this);
    }

    private OverloadedException refuse(Refusal reason, String detail) {
        listener.refused(reason);
        return new OverloadedException(detail, RETRY_AFTER);
    }

    /// Whether a batch of one call would be taken on now.
    public boolean hasRoom() {
        return drained == null && gate.waitingWith(1) <= gateway.maxWaiting();
    }

    /// How much there is to do now.
    public Load load() {
        int inFlight = gateway.maxInFlight() - gate.available();
        return new Load(running.size(), inFlight, gateway.maxInFlight(), gate.waiting());
    }

    /// Refuses new batches from now on and completes when the last running one has ended. Those that still run
    /// after `grace` are cancelled.
    public Mono<Void> drain(Duration grace) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> end = drained;
            if (end == null) {
                end = Sinks.empty();
                drained = end;
            }
            noteIfDrained();
            return end.asMono().timeout(grace, Mono.fromRunnable(this::cancelAll), timer);
        });
    }

    /// Takes batches on again after a drain.
    public void reopen() {
        drained = null;
    }

    private void cancelAll() {
        running.forEach(batch -> batch.cancel(CancelReason.SHUTDOWN));
    }

    RunListener began(BatchRun batch, ContextView context) {
        running.add(batch);
        return listener.began(batch.plan(), context);
    }

    void ended(BatchRun batch) {
        running.remove(batch);
        noteIfDrained();
    }

    private void noteIfDrained() {
        Sinks.Empty<Void> end = drained;
        if (end != null && running.isEmpty()) {
            end.tryEmitEmpty();
        }
    }
}
