package dev.muster.fanout;

import dev.muster.admission.Admission;
import dev.muster.admission.AdmissionLimits;
import dev.muster.admission.BatchRefusedException;
import dev.muster.admission.CallersProperties;
import dev.muster.admission.Load;
import dev.muster.admission.OverloadedException;
import dev.muster.admission.RateLimitedException;
import dev.muster.admission.Refusal;
import dev.muster.admission.RetainedLoad;
import dev.muster.admission.Upload;
import dev.muster.call.CallPipeline;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.ResultValues;
import dev.muster.plan.BatchPlan;
import dev.muster.request.BatchTooLargeException;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/// Takes batches on, or refuses them, and knows which of them run.
public final class Fanout {

    private static final Duration RETRY_ELSEWHERE_AFTER = Duration.ofSeconds(1);

    private final CallPipeline pipeline;
    private final TimerClock clock;
    private final BatchListener listener;
    private final ResultValues results;
    private final Admission admission;
    private final Set<BatchRun> running = ConcurrentHashMap.newKeySet();
    /// Completed by the last batch to end while draining; absent while batches are taken on.
    private volatile Sinks.@Nullable Empty<Void> drained;

    /// One that nobody listens to, and that begins all there is at once.
    ///
    /// @param limits  how much there is room for
    /// @param callers what each caller may take
    /// @param timer   the clock and the timer of every deadline
    public Fanout(CallPipeline pipeline, AdmissionLimits limits, CallersProperties callers, Scheduler timer) {
        this(pipeline, limits, callers, timer, List.of(), BatchListener.NONE);
    }

    /// One in which no call takes anything from another's result.
    ///
    /// @param limits   how much there is room for
    /// @param callers  what each caller may take
    /// @param timer    the clock and the timer of every deadline
    /// @param loops    the event loops of clients' connections, each of which begins so much in one turn
    /// @param listener hears what becomes of every batch
    public Fanout(
            CallPipeline pipeline,
            AdmissionLimits limits,
            CallersProperties callers,
            Scheduler timer,
            Iterable<EventExecutor> loops,
            BatchListener listener) {
        this(pipeline, limits, callers, timer, loops, ResultValues.NONE, listener);
    }

    /// @param limits   how much there is room for
    /// @param callers  what each caller may take
    /// @param timer    the clock and the timer of every deadline
    /// @param loops    the event loops of clients' connections, each of which begins so much in one turn
    /// @param results  what calls that depend on others take from those
    /// @param listener hears what becomes of every batch
    public Fanout(
            CallPipeline pipeline,
            AdmissionLimits limits,
            CallersProperties callers,
            Scheduler timer,
            Iterable<EventExecutor> loops,
            ResultValues results,
            BatchListener listener) {
        this.pipeline = pipeline;
        this.results = results;
        this.listener = listener;
        this.clock = new TimerClock(timer);
        this.admission = new Admission(limits, callers, pipeline.client(), loops, clock, timer);
    }

    /// A batch of `principal` that has come, when it is time to read it: at once, unless the event loop that subscribes
    /// has had others to look at in this turn. Whoever gets it disposes of it when its answer has left, or is not
    /// wanted any more.
    ///
    /// Fails with an [OverloadedException] if there would be no room for it, it has waited too long, or Muster is
    /// stopping.
    public Mono<Upload> arrival(String principal) {
        return Mono.create(arrived -> {
            long sinceNanos = clock.nanos();
            Upload upload = upload(principal);
            upload.enter(() -> {
                try {
                    refuseUnread(upload, sinceNanos);
                } catch (OverloadedException refusal) {
                    listener.refused(refusal, principal);
                    arrived.error(refusal);
                    return false;
                }
                arrived.success(upload);
                return true;
            });
        });
    }

    /// A batch of `principal` that does not come by a connection, and so waits for no turn.
    public Upload upload(String principal) {
        return admission.upload(principal, listener);
    }

    private void refuseUnread(Upload upload, long sinceNanos) {
        refuseIfStopping();
        admission.refuseUnread(upload, sinceNanos);
    }

    /// Takes `plan` on, which was read from `upload`, on the event loop that it came on. Nothing starts before the
    /// run's results are subscribed to; if they are not by its
    /// deadline, it has ended then.
    ///
    /// @throws OverloadedException    if there is no room for it, or Muster is stopping
    /// @throws RateLimitedException   if its caller has used up what it may take
    /// @throws BatchTooLargeException if there never would be room for it
    public BatchRun admit(BatchPlan plan, Upload upload) {
        return told(plan.principal(), () -> takeOn(plan, () -> admission.admit(plan, upload)));
    }

    /// As [#admit], for a batch that outlives its request.
    ///
    /// @throws OverloadedException    if there is no room for it, or Muster is stopping
    /// @throws RateLimitedException   if its caller has used up what it may take
    /// @throws BatchTooLargeException if there never would be room for it
    public BatchRun retain(BatchPlan plan, Upload upload) {
        return told(plan.principal(), () -> takeOn(plan, () -> admission.retain(plan, upload)));
    }

    /// Takes one more of `principal` on that follows a batch.
    ///
    /// @return to be disposed of when it does not any more
    /// @throws OverloadedException  if there is no room for it
    /// @throws RateLimitedException if its caller has used up what it may take
    public Disposable follower(String principal) {
        return told(principal, () -> admission.follower(principal));
    }

    private <T> T told(String principal, Supplier<T> taking) {
        try {
            return taking.get();
        } catch (BatchRefusedException refusal) {
            listener.refused(refusal, principal);
            throw refusal;
        }
    }

    private BatchRun takeOn(BatchPlan plan, Supplier<Admission.Ticket> ticket) {
        refuseIfStopping();
        var batch = new BatchRun(plan, pipeline, ticket.get(), clock, this);
        // In this order: whoever drains either sees the batch, or is seen here.
        running.add(batch);
        try {
            refuseIfStopping();
        } catch (OverloadedException stopping) {
            batch.abandon();
            batch.close();
            throw stopping;
        }
        batch.admitted();
        return batch;
    }

    ResultValues results() {
        return results;
    }

    boolean isStopping() {
        return drained != null;
    }

    private void refuseIfStopping() {
        if (isStopping()) {
            throw new OverloadedException(Refusal.STOPPING, "this instance is stopping", RETRY_ELSEWHERE_AFTER);
        }
    }

    /// Whether a batch of one call would be taken on now.
    public boolean hasRoom() {
        return !isStopping() && admission.hasRoom();
    }

    /// How much there is to do now.
    public Load load() {
        return admission.load(running.size());
    }

    /// How much is taken of the room for batches that outlive their request.
    public RetainedLoad retainedLoad() {
        return admission.retainedLoad();
    }

    /// Refuses new batches from now on and completes when the last running one has ended. Those that still run
    /// after `grace` are cancelled.
    public Mono<Void> drain(Duration grace) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> end = drained;
            if (end == null) {
                end = Sinks.empty();
                drained = end;
                // There may be no end to what their clients send.
                running.forEach(BatchRun::stopReading);
            }
            noteIfDrained();
            return end.asMono().timeout(grace, Mono.fromRunnable(this::cancelAll), clock.timer());
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
        return listener.began(batch.plan(), context);
    }

    void ended(BatchRun batch) {
        if (running.remove(batch)) {
            batch.ticket().memory().release();
        }
        noteIfDrained();
    }

    private void noteIfDrained() {
        Sinks.Empty<Void> end = drained;
        if (end != null && running.isEmpty()) {
            end.tryEmitEmpty();
        }
    }
}
