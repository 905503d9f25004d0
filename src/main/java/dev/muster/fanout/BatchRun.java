package dev.muster.fanout;

import dev.muster.admission.Admission;
import dev.muster.admission.Gate;
import dev.muster.admission.Pacer;
import dev.muster.call.BatchScope;
import dev.muster.call.CallPipeline;
import dev.muster.call.LiveCall;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Strategy;
import dev.muster.strategy.BatchStrategy;
import dev.muster.strategy.BatchSummary;
import dev.muster.upstream.ByteBudget;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/// One batch that was taken on. Subscribing to its results, in one form or the other and once, runs it; cancelling that
/// subscription aborts every call.
public final class BatchRun {

    private final BatchPlan plan;
    private final CallPipeline pipeline;
    private final TimerClock clock;
    private final Admission.Ticket ticket;
    private final BatchScope scope;
    private final CallDeadlines deadlines;
    private final List<CallRun> calls;
    private final BatchStrategy strategy;
    private final Fanout owner;
    private final AtomicBoolean cut = new AtomicBoolean();
    /// Calls that have not ended, and one for the batch itself.
    private final AtomicInteger open;
    private volatile RunListener listener = RunListener.NONE;
    private final Disposable.Swap deadline = Disposables.swap();
    private volatile boolean begun;

    BatchRun(BatchPlan plan, CallPipeline pipeline, Admission.Ticket ticket, TimerClock clock, Fanout owner) {
        this.plan = plan;
        this.pipeline = pipeline;
        this.ticket = ticket;
        this.clock = clock;
        this.owner = owner;
        this.deadlines = new CallDeadlines(clock);
        this.scope = new BatchScope(plan.deadline(), new ByteBudget(plan.maxBytes(), ticket.memory()), principal(plan));
        this.open = new AtomicInteger(plan.calls().size() + 1);
        this.calls = plan.calls().stream().map(call -> new CallRun(call, this)).toList();
        this.strategy = BatchStrategy.of(plan, this::cancel);
    }

    private static @Nullable String principal(BatchPlan plan) {
        return plan.principal().equals(BatchPlan.ANONYMOUS) ? null : plan.principal();
    }

    public BatchPlan plan() {
        return plan;
    }

    /// Every outcome, each as soon as the strategy yields it. Never an error.
    public Flux<CallOutcome> stream() {
        return Flux.deferContextual(
                        context -> Flux.using(() -> begin(context), _ -> strategy.stream(asMonos()), this::finish))
                .doOnCancel(() -> cancel(CancelReason.CLIENT_CANCELLED));
    }

    /// Every outcome in one list, when the batch has ended. Never an error.
    public Mono<List<CallOutcome>> document() {
        return Mono.deferContextual(
                        context -> Mono.using(() -> begin(context), _ -> strategy.document(asMonos()), this::finish))
                .doOnCancel(() -> cancel(CancelReason.CLIENT_CANCELLED));
    }

    /// What there is to say of the batch, once its results have ended.
    public BatchSummary summary() {
        List<CallOutcome> outcomes = calls.stream().map(CallRun::outcome).toList();
        return new BatchSummary(
                plan,
                strategy.verdict(outcomes),
                BatchSummary.Counts.of(outcomes),
                clock.nanos() - plan.acceptedNanos());
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
        long remaining = plan.deadline().remainingNanos(clock.nanos());
        deadline.update(clock.timer().schedule(this::deadlinePassed, Math.max(0, remaining), TimeUnit.NANOSECONDS));
    }

    private BatchRun begin(ContextView context) {
        begun = true;
        listener = owner.began(this, context);
        return this;
    }

    private void finish(BatchRun self) {
        deadline.dispose();
        deadlines.dispose();
        self.settle();
    }

    /// A client that leaves ends the batch while its calls are still being cancelled: it is over after both.
    private void settle() {
        if (open.decrementAndGet() == 0) {
            listener.ended(summary());
            owner.ended(this);
        }
    }

    void callStarted(CallPlan call, LiveCall live) {
        listener.callStarted(call, live);
    }

    void callEnded(CallOutcome outcome) {
        listener.callEnded(outcome);
        settle();
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
        return plan.strategy() instanceof Strategy.FirstCompleted ? ended : pipeline.orFallback(ended, scope);
    }

    NanoClock clock() {
        return clock;
    }

    /// What each call has to get through, in this order.
    List<Gate> gates() {
        return ticket.gates();
    }

    /// Where they wait for their turn after that.
    Pacer.Line starts() {
        return ticket.starts();
    }

    Admission.Ticket ticket() {
        return ticket;
    }

    CallDeadlines deadlines() {
        return deadlines;
    }

    BatchScope scope() {
        return scope;
    }

    CallPipeline pipeline() {
        return pipeline;
    }
}
