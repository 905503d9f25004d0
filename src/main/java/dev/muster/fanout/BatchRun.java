package dev.muster.fanout;

import dev.muster.admission.Admission;
import dev.muster.admission.Gate;
import dev.muster.admission.HostLimits;
import dev.muster.admission.LineAdmission;
import dev.muster.admission.Pacer;
import dev.muster.admission.RetainedBatch;
import dev.muster.call.BatchScope;
import dev.muster.call.CallPipeline;
import dev.muster.call.LiveCall;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Result;
import dev.muster.outcome.Trace;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.plan.CallPlanner;
import dev.muster.plan.Dependent;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Strategy;
import dev.muster.request.InputLine;
import dev.muster.strategy.BatchStrategy;
import dev.muster.strategy.BatchSummary;
import dev.muster.strategy.Verdict;
import dev.muster.upstream.ByteBudget;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
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
    /// All calls of a document; where there is no end to them, those that have not ended.
    private final Collection<CallRun> calls;

    private final BatchStrategy strategy;
    private final Fanout owner;
    /// How every call that has no outcome ends, once the batch has been cut short.
    private final AtomicReference<@Nullable Consumer<CallRun>> cut = new AtomicReference<>();
    /// Calls that have not ended, and one for the batch itself.
    private final AtomicInteger open;

    private final BatchSummary.Tally tally = new BatchSummary.Tally();
    private volatile RunListener listener = RunListener.NONE;
    /// Hears as much as `listener`, of a batch whose results nobody waits for.
    private RunListener recorder = RunListener.NONE;
    /// When a batch returns whose calls run on.
    private final Sinks.Empty<Void> hasReturned = Sinks.empty();

    private final Disposable.Swap deadline = Disposables.swap();
    private volatile boolean begun;
    private volatile boolean askedOnce;
    private volatile @Nullable InputLines lines;
    /// Absent where no call waits for another.
    private final @Nullable Dependents dependents;

    BatchRun(BatchPlan plan, CallPipeline pipeline, Admission.Ticket ticket, TimerClock clock, Fanout owner) {
        this.plan = plan;
        this.pipeline = pipeline;
        this.ticket = ticket;
        this.clock = clock;
        this.owner = owner;
        this.deadlines = new CallDeadlines(clock);
        this.scope = new BatchScope(
                plan.deadline(), new ByteBudget(plan.limits().maxBytes(), ticket.memory()), principal(plan));
        this.open = new AtomicInteger(plan.calls().size() + 1);
        this.dependents = plan.hasDependents() ? new Dependents(this, owner.results()) : null;
        this.calls = plan.isEndless()
                ? ConcurrentHashMap.newKeySet()
                : plan.calls().stream().map(this::run).toList();
        this.strategy = BatchStrategy.of(plan, plan.detaches() ? _ -> hasReturned.tryEmitEmpty() : this::cancel);
    }

    private CallRun run(CallPlan call) {
        Dependent dependent = call.dependent();
        return dependents == null || dependent == null
                ? new CallRun(call, this)
                : dependents.add(new DependentRun(call, dependent, this), dependent);
    }

    private static @Nullable String principal(BatchPlan plan) {
        return plan.principal().equals(BatchPlan.ANONYMOUS) ? null : plan.principal();
    }

    public BatchPlan plan() {
        return plan;
    }

    /// Every outcome, each as soon as the strategy yields it. Never an error.
    ///
    /// The batch is not held up by a client that reads slowly: hence the buffer, which holds what the calls have to
    /// hold anyway.
    public Flux<CallOutcome> stream() {
        // A race is told of its outcomes, and asks for them once more when it is decided.
        askedOnce = !(plan.strategy() instanceof Strategy.FirstCompleted);
        return stream(() -> strategy.stream(Flux.fromIterable(calls).map(CallRun::asMono))
                .onBackpressureBuffer(plan.calls().size()));
    }

    /// Every result of a batch without end, each as soon as the strategy yields it. Its `lines` are read no faster
    /// than results are asked for. Never an error but theirs.
    ///
    /// Whoever gets a result is to say when it [has left][#left]; and when none will any more, by [#close].
    public Flux<Result> stream(Flux<InputLine> lines, CallPlanner planner) {
        askedOnce = true;
        var reading = new InputLines(lines, planner, lineAdmission(), clock);
        this.lines = reading;
        return stream(() -> {
            if (isCut() || owner.isStopping()) {
                reading.stop();
            }
            return strategy.stream(reading.calls(this));
        });
    }

    private <R extends Result> Flux<R> stream(Supplier<Flux<R>> results) {
        return Flux.deferContextual(context -> Flux.using(() -> begin(context), _ -> results.get(), this::finish))
                .doOnCancel(() -> cancel(CancelReason.CLIENT_CANCELLED));
    }

    /// Every outcome in one list, when the batch has ended. Never an error.
    public Mono<List<CallOutcome>> document() {
        return Mono.deferContextual(context -> Mono.using(
                        () -> begin(context),
                        _ -> strategy.document(
                                calls.stream().map(CallRun::asMono).toList()),
                        this::finish))
                .doOnCancel(() -> cancel(CancelReason.CLIENT_CANCELLED));
    }

    /// Runs the batch with nobody waiting for its results: `recorder` hears of each as it lands. Never an error.
    public Mono<Void> recordedBy(RunListener recorder) {
        this.recorder = recorder;
        return stream().then();
    }

    /// When the condition holds by which a batch of `wait` returns whose calls run on. Never an error.
    public Mono<Void> returned() {
        return hasReturned.asMono();
    }

    /// What is known now of the call at `index`, which runs.
    public Trace trace(int index) {
        return ((List<CallRun>) calls).get(index).trace();
    }

    /// What it takes beyond its request.
    public RetainedBatch retained() {
        return Objects.requireNonNull(ticket.retained(), "the batch does not outlive its request");
    }

    /// Never runs it, unless it runs already.
    public void abandon() {
        if (begun) {
            return;
        }
        deadline.dispose();
        RetainedBatch retained = ticket.retained();
        if (retained != null) {
            retained.release();
        }
        owner.ended(this);
    }

    /// The result of the call at `index` of a batch without end has left.
    public void left(int index) {
        lineAdmission().left(index);
    }

    /// No result of a batch without end leaves any more.
    public void close() {
        LineAdmission admission = ticket.lines();
        if (admission != null) {
            admission.close();
        }
    }

    private LineAdmission lineAdmission() {
        return Objects.requireNonNull(ticket.lines(), "the batch came as a document");
    }

    /// Reads no more lines of a batch without end: it ends when its calls have.
    public void stopReading() {
        InputLines reading = lines;
        if (reading != null) {
            reading.stop();
        }
    }

    /// Whether none of its calls is on its way.
    public boolean isIdle() {
        return open.get() == 1;
    }

    /// What there is to say of the batch, once its results have ended.
    public BatchSummary summary() {
        InputLines reading = lines;
        BatchSummary.Counts counts = tally.counts();
        Verdict verdict = strategy.verdict(counts);
        return new BatchSummary(
                plan,
                reading == null || reading.atEnd() ? verdict : verdict.cutShort(),
                counts,
                clock.nanos() - plan.acceptedNanos(),
                reading == null ? null : reading.read());
    }

    /// Cancels every call that has no outcome, unless something else has already cut the batch short.
    public void cancel(CancelReason reason) {
        cut(call -> call.cancel(reason));
    }

    private void cut(Consumer<CallRun> how) {
        if (cut.compareAndSet(null, how)) {
            stopReading();
            calls.forEach(how);
        }
    }

    /// Takes a call of a batch without end into it.
    CallRun open(CallRun call) {
        open.incrementAndGet();
        calls.add(call);
        // In this order: whoever cuts the batch short sees the call, or is seen here.
        Consumer<CallRun> how = cut.get();
        if (how != null) {
            how.accept(call);
        }
        return call;
    }

    /// What stands for the call of a line that asks for none.
    Mono<Result> invalid(InvalidCall line) {
        return Mono.fromSupplier(() -> {
            strategy.ended(line);
            tally.add(line);
            return line;
        });
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
            BatchSummary summary = summary();
            listener.ended(summary);
            recorder.ended(summary);
            owner.ended(this);
        }
    }

    void callStarted(CallPlan call, LiveCall live) {
        listener.callStarted(call, live);
    }

    void callEnded(CallRun call, CallOutcome outcome) {
        strategy.ended(outcome);
        tally.add(outcome);
        listener.callEnded(outcome);
        recorder.callEnded(outcome);
        if (plan.isEndless()) {
            calls.remove(call);
        }
        settle();
    }

    /// Has the calls go on that wait for the one that ended so.
    void dependentsOf(CallOutcome outcome) {
        if (dependents != null) {
            dependents.ended(outcome);
        }
    }

    /// Whether an outcome that somebody has been told of is asked for by nobody else.
    boolean isAskedOnce() {
        return askedOnce;
    }

    private void deadlinePassed() {
        if (!plan.strategy().deadlineIsFailure()) {
            cancel(CancelReason.DEADLINE);
        } else {
            cut(call -> call.expire(plan.deadline()));
        }
        // Its client may have gone away before it asked for the results, and nobody else ends the batch then.
        abandon();
    }

    /// Whether the batch was cut short: no call of it starts any more.
    boolean isCut() {
        return cut.get() != null;
    }

    /// What the batch gets for a call that ended so. In a race nothing stands in: it would win against slow but
    /// real answers.
    CallOutcome orFallback(CallOutcome ended, BatchScope scope) {
        return plan.strategy() instanceof Strategy.FirstCompleted ? ended : pipeline.orFallback(ended, scope);
    }

    NanoClock clock() {
        return clock;
    }

    /// What each call has to get through first, where its host is limited.
    HostLimits hosts() {
        return ticket.hosts();
    }

    /// What each call has to get through after that, in this order.
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
