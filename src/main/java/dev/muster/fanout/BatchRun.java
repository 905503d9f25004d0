package dev.muster.fanout;

import dev.muster.call.ByteBudget;
import dev.muster.call.CallOutcome;
import dev.muster.call.CallPipeline;
import dev.muster.call.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Strategy;
import dev.muster.strategy.BatchStrategy;
import dev.muster.strategy.BatchSummary;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// One batch that was taken on. Subscribing to its results, in one form or the other and once, runs it; cancelling that
/// subscription aborts every call.
public final class BatchRun {

    private final BatchPlan plan;
    private final CallPipeline pipeline;
    private final Scheduler timer;
    private final Admission.Ticket ticket;
    private final ByteBudget bytes;
    private final List<CallRun> calls;
    private final BatchStrategy strategy;
    private final Fanout owner;
    private final AtomicBoolean cut = new AtomicBoolean();
    private final Disposable.Swap deadline = Disposables.swap();
    private volatile boolean begun;

    BatchRun(BatchPlan plan, CallPipeline pipeline, Admission.Ticket ticket, Scheduler timer, Fanout owner) {
        this.plan = plan;
        this.pipeline = pipeline;
        this.ticket = ticket;
        this.timer = timer;
        this.owner = owner;
        this.bytes = new ByteBudget(plan.maxBytes());
        this.calls = plan.calls().stream().map(call -> new CallRun(call, this)).toList();
        this.strategy = BatchStrategy.of(plan, this::cancel);
    }

    public BatchPlan plan() {
        return plan;
    }

    /// Every outcome, each as soon as the strategy yields it. Never an error.
    public Flux<CallOutcome> stream() {
        return Flux.using(this::begin, _ -> strategy.stream(asMonos()), this::finish)
                .doOnCancel(() -> cancel(CancelReason.CLIENT_CANCELLED));
    }

    /// Every outcome in one list, when the batch has ended. Never an error.
    public Mono<List<CallOutcome>> document() {
        return Mono.using(this::begin, _ -> strategy.document(asMonos()), this::finish)
                .doOnCancel(() -> cancel(CancelReason.CLIENT_CANCELLED));
    }

    /// What there is to say of the batch, once its results have ended.
    public BatchSummary summary() {
        List<CallOutcome> outcomes = calls.stream().map(CallRun::outcome).toList();
        return new BatchSummary(
                plan,
                strategy.verdict(outcomes),
                BatchSummary.Counts.of(outcomes),
                clock().nanos() - plan.acceptedNanos());
    }

    /// Cancels every call that has no outcome, unless something else has already cut the batch short.
    void cancel(CancelReason reason) {
        if (cut.compareAndSet(false, true)) {
            calls.forEach(call -> call.cancel(reason));
        }
    }

    private List<Mono<CallOutcome>> asMonos() {
        return calls.stream().map(CallRun::asMono).toList();
    }

    /// Sets the one timer that ends all calls of the batch: the answer leaves at the deadline.
    void admitted() {
        deadline.update(schedule(this::deadlinePassed, plan.deadline().remainingNanos(clock().nanos())));
    }

    private BatchRun begin() {
        begun = true;
        return this;
    }

    private void finish(BatchRun self) {
        deadline.dispose();
        owner.ended(self);
    }

    private void deadlinePassed() {
        if (!plan.strategy().deadlineIsFailure()) {
            cancel(CancelReason.DEADLINE);
        } else if (cut.compareAndSet(false, true)) {
            calls.forEach(call -> call.expire(plan.deadline()));
        }
        if (!begun) {
            // Its client went away before it asked for the results, and nobody else ends the batch.
            owner.ended(this);
        }
    }

    /// Whether the batch was cut short: no call of it starts any more.
    boolean isCut() {
        return cut.get();
    }

    /// What the batch gets for a call that ended so. In a race nothing stands in: it would win against slow but
    /// real answers.
    CallOutcome orFallback(CallOutcome ended) {
        return plan.strategy() instanceof Strategy.FirstCompleted ? ended : pipeline.orFallback(ended);
    }

    Disposable schedule(Runnable task, long delayNanos) {
        return timer.schedule(task, Math.max(0, delayNanos), TimeUnit.NANOSECONDS);
    }

    NanoClock clock() {
        return () -> timer.now(TimeUnit.NANOSECONDS);
    }

    /// What each call has to get through, in this order.
    List<Gate> gates() {
        return ticket.gates();
    }

    Admission.Ticket ticket() {
        return ticket;
    }

    ByteBudget bytes() {
        return bytes;
    }

    CallPipeline pipeline() {
        return pipeline;
    }
}
