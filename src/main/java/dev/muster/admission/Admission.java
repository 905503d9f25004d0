package dev.muster.admission;

import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.request.BatchTooLargeException;
import dev.muster.service.Service;
import dev.muster.upstream.UpstreamClient;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/// Decides whether there is room for another batch: of its caller's part, and of the limits.
public final class Admission {

    /// What a call that waits takes on the heap besides its part of the document, roughly.
    static final int BYTES_PER_CALL = 2_048;
    /// Once a batch has been refused for want of room, others are before they are read, until so much is free again.
    private static final double ROOM_AGAIN = 0.75;
    /// Where nothing tells when there will be room.
    private static final Duration SOON = Duration.ofSeconds(1);
    /// What a batch takes to be read when none is before it, however short its own time is.
    private static final long AT_ONCE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final AdmissionLimits limits;
    private final UpstreamClient client;
    private final NanoClock clock;
    private final Gate gate;
    private final Callers callers;
    private final Pacer pacer;
    private final HostLimits hosts;

    /// @param loops the event loops of clients' connections, each of which begins so much in one turn
    /// @param timer wakes what waits for its host
    public Admission(
            AdmissionLimits limits,
            CallersProperties callers,
            UpstreamClient client,
            Iterable<EventExecutor> loops,
            NanoClock clock,
            Scheduler timer) {
        this.limits = limits;
        this.client = client;
        this.pacer = new Pacer(loops, clock);
        this.clock = clock;
        this.gate = new Gate(limits.maxInFlight());
        this.hosts = new HostLimits(clock, timer);
        this.callers = new Callers(callers, limits, clock);
    }

    /// What an admitted batch holds until it has ended.
    ///
    /// @param hosts  what each of its calls has to get through first, where its host is limited
    /// @param gates  what it has to get through then: the batch's own, its caller's, that of all
    /// @param starts where each of them waits for its turn after that
    /// @param memory what it holds of its caller's memory and of all
    /// @param lines  when a call may begin that was not there when it was admitted; `null` where all of them were
    /// @param retained what it takes beyond its request; `null` where it does not outlive that
    public record Ticket(
            HostLimits hosts,
            List<Gate> gates,
            Pacer.Line starts,
            BatchMemory memory,
            @Nullable LineAdmission lines,
            @Nullable RetainedBatch retained) {}

    /// Refuses a batch that is not read yet if one of its caller that was read has just been refused: to read costs
    /// more than to refuse, and is lost. Also one that has waited for half of the most time that it can have.
    ///
    /// @param sinceNanos when it came
    /// @throws OverloadedException if there is not enough room again for its caller
    public void refuseUnread(Upload upload, long sinceNanos) {
        refuseIfItWaitedTooLong(clock.nanos() - sinceNanos, limits.timeout());
        Caller caller = upload.caller();
        if (!caller.refused().get()) {
            return;
        }
        long waitNanos = gate.expectedWaitNanos(caller.name())
                + pacer.here().calls().standingWaitNanos(caller.name(), limits.maxQueueNanos());
        Refusal lacking = lacking(caller, waitNanos, ROOM_AGAIN);
        if (lacking == null) {
            caller.refused().set(false);
            return;
        }
        long tooLong = waitNanos - (long) (limits.maxQueueNanos() * ROOM_AGAIN);
        throw new OverloadedException(
                lacking,
                "too many calls are in flight and waiting, or hold too much memory",
                tooLong > 0 ? Duration.ofNanos(tooLong) : SOON);
    }

    /// What a batch of `principal` takes until it is admitted.
    ///
    /// @param listener hears if that is refused
    public Upload upload(String principal, RefusalListener listener) {
        return new Upload(principal, callers.named(principal), pacer.here(), listener);
    }

    /// Makes room for `plan`, which was read from `upload`.
    ///
    /// @throws BatchTooLargeException if there never will be
    /// @throws RateLimitedException   if its caller has used up its part
    /// @throws OverloadedException    if all of them together have
    public Ticket admit(BatchPlan plan, Upload upload) {
        return admit(plan, upload, false);
    }

    /// Makes room for `plan`, which was read from `upload` and outlives its request.
    ///
    /// @throws BatchTooLargeException if there never will be
    /// @throws RateLimitedException   if its caller has used up its part
    /// @throws OverloadedException    if all of them together have
    public Ticket retain(BatchPlan plan, Upload upload) {
        return admit(plan, upload, true);
    }

    /// Makes room for one more of `principal` that follows a batch.
    ///
    /// @return gives it back
    /// @throws RateLimitedException if its caller has used up its part
    /// @throws OverloadedException  if all of them together have
    public Disposable follower(String principal) {
        Caller caller = callers.named(principal);
        RetainedBatch.refuseUnless(caller.retained().followers().tryTake(1), "followers");
        return Disposables.composite(() -> caller.retained().followers().giveBack(1));
    }

    private Ticket admit(BatchPlan plan, Upload upload, boolean outlives) {
        upload.isRead();
        Caller caller = upload.caller();
        long forCalls = plan.isEndless()
                ? LineAdmission.BYTES_PER_STREAM
                : (long) BYTES_PER_CALL * plan.calls().size();
        long bytes = upload.memory().held() + forCalls;
        refuseWhatNeverFits(plan, caller, bytes);
        Duration budget = plan.deadline().budget();
        refuseIfItWaitedTooLong(budget.toNanos() - remainingNanos(plan), budget);
        refuseIfTheCallersPartIsFull(plan, caller);
        refuseIfTheGatewayIsFull(plan, caller, upload.lines().calls());
        refuseIfItsServicesAreFull(plan);
        long forResponses = Math.min(expectedBytes(plan), caller.memory().most() - bytes);
        takeMemory(upload, forCalls + forResponses);
        upload.memory().reserve(forResponses);
        LineAdmission lines = plan.isEndless() ? new LineAdmission(caller, callers, client.maxResponseBytes()) : null;
        RetainedBatch retained = outlives ? RetainedBatch.take(plan, caller, upload.memory()) : null;
        try {
            takeCalls(plan, caller);
        } catch (RateLimitedException refusal) {
            if (retained != null) {
                retained.release();
            }
            throw refusal;
        }
        upload.memory().retain();
        // A batch that is there as a whole stays on its event loop; one that goes on and on is everybody's.
        Pacer.Line starts =
                plan.isEndless() ? pacer.everywhere() : upload.lines().calls();
        return new Ticket(hosts, gates(plan, caller), starts, upload.memory(), lines, retained);
    }

    /// Whether there is room for a batch of one call of a caller that is not told apart from others.
    public boolean hasRoom() {
        String name = BatchPlan.ANONYMOUS;
        long waitNanos = gate.expectedWaitNanos(name) + pacer.longestStandingWaitNanos(name, limits.maxQueueNanos());
        return lacking(null, waitNanos, 1) == null;
    }

    /// What there is too little of for a batch of one call, or `null` if it is nothing. One that has no more than an
    /// equal part is not refused for what others have taken.
    ///
    /// @param caller    whose it is, if that is known
    /// @param waitNanos how long it is likely to wait for its start
    /// @param part      how much of the room may be used up
    private @Nullable Refusal lacking(@Nullable Caller caller, long waitNanos, double part) {
        Room memory = callers.memory();
        if (memory.taken() + BYTES_PER_CALL > memory.bytes() * part
                && (caller == null || !caller.memory().isModestWith(BYTES_PER_CALL))) {
            return Refusal.MEMORY;
        }
        if (gate.waitingWith(1) > limits.maxWaiting() * part && (caller == null || !isModest(caller, 1))) {
            return Refusal.SLOTS;
        }
        return waitNanos < limits.maxQueueNanos() * part ? null : Refusal.QUEUE_TIME;
    }

    /// Whether `caller` has no more than an equal part of the slots and the places to wait for one, with so many calls
    /// more. It is not refused for what others have taken.
    private boolean isModest(Caller caller, int more) {
        long places = (long) limits.maxInFlight() + limits.maxWaiting();
        return caller.slotsWith(more) <= Room.equalPart(places, callers.now());
    }

    /// How much there is to do.
    ///
    /// @param batches batches taken on and not over
    public Load load(int batches) {
        return new Load(
                batches,
                gate.size() - gate.available(),
                gate.size(),
                gate.waiting(),
                hosts.waiting(),
                callers.memory().taken(),
                callers.memory().bytes(),
                gate.expectedWaitNanos() + pacer.longestWaitNanos());
    }

    /// How much is taken of the room for batches that outlive their request.
    public RetainedLoad retainedLoad() {
        return callers.retained().load();
    }

    private static void refuseWhatNeverFits(BatchPlan plan, Caller caller, long bytes) {
        if (plan.calls().size() > caller.burst()) {
            throw new BatchTooLargeException(
                    "a batch of this caller has at most %d calls, as its rate allows no more at once"
                            .formatted(caller.burst()));
        }
        if (bytes > caller.memory().most()) {
            throw new BatchTooLargeException(
                    "a batch of this caller takes at most %d bytes of memory, each call counted as %d"
                            .formatted(caller.memory().most(), BYTES_PER_CALL));
        }
    }

    /// Where more batches come than are read, they wait in line until their time is nearly over. Taken on then, each
    /// would lose its calls and keep the line as long as it is.
    private static void refuseIfItWaitedTooLong(long waitedNanos, Duration budget) {
        if (waitedNanos > Math.max(budget.toNanos() / 2, AT_ONCE_NANOS)) {
            throw new OverloadedException(
                    Refusal.QUEUE_TIME, "the batch has waited for half of its time to be read", SOON);
        }
    }

    private void refuseIfTheCallersPartIsFull(BatchPlan plan, Caller caller) {
        Gate own = caller.gate();
        if (own == null) {
            return;
        }
        int tooMany = tooManyWaiting(plan, own, caller.maxWaiting());
        if (tooMany > 0) {
            throw new RateLimitedException(
                    Refusal.SHARE, "too many calls of this caller are in flight and waiting", moved(own, tooMany));
        }
        long wait = own.expectedWaitNanos(caller.name());
        long remaining = remainingNanos(plan);
        if (wait > 0 && wait >= remaining) {
            throw new RateLimitedException(
                    Refusal.SHARE,
                    "too many calls of this caller wait for its batch to start in time",
                    Duration.ofNanos(wait - remaining));
        }
    }

    private void refuseIfTheGatewayIsFull(BatchPlan plan, Caller caller, Pacer.Line calls) {
        int tooMany = tooManyWaiting(plan, gate, limits.maxWaiting());
        if (tooMany > 0 && !isModest(caller, atOnce(plan, gate))) {
            throw full(caller, Refusal.SLOTS, "too many calls are in flight and waiting", moved(gate, tooMany));
        }
        long slot = gate.expectedWaitNanos(caller.name());
        long wait = slot + calls.waitNanos(caller.name());
        long standing = slot + calls.standingWaitNanos(caller.name(), limits.maxQueueNanos());
        long remaining = remainingNanos(plan);
        // Half of a batch's time is left for its calls.
        long inBurst = Math.max(remaining / 2, Math.min(remaining, limits.maxQueueNanos()));
        long tooLong = Math.max(wait - inBurst, standing - limits.maxQueueNanos());
        if (wait > 0 && tooLong >= 0) {
            throw full(
                    caller,
                    Refusal.QUEUE_TIME,
                    "too many calls wait for the batch to start in time",
                    Duration.ofNanos(tooLong));
        }
    }

    private static OverloadedException full(Caller caller, Refusal reason, String detail, Duration retryAfter) {
        caller.refused().set(true);
        return new OverloadedException(reason, detail, retryAfter);
    }

    /// Where all batches go to one service, more of them than it carries would otherwise each lose most of their
    /// calls for want of a connection, and hardly one be answered whole.
    private void refuseIfItsServicesAreFull(BatchPlan plan) {
        IdentityHashMap<Service, Long> calls = plan.calls().stream()
                .collect(Collectors.groupingBy(CallPlan::service, IdentityHashMap::new, Collectors.counting()));
        boolean full = !calls.isEmpty()
                && calls.entrySet().stream()
                        .noneMatch(of -> client.hasRoom(of.getKey(), (int)
                                Math.min(of.getValue(), plan.limits().concurrency())));
        if (full) {
            throw new OverloadedException(
                    Refusal.CONNECTIONS, "too many calls wait for a connection to the batch's services", SOON);
        }
    }

    /// What its responses are likely to take. A batch for which there is no room is better refused than taken on to
    /// lose calls; one that all the room of its caller would not do for has to try.
    private long expectedBytes(BatchPlan plan) {
        long expected = 0;
        for (CallPlan call : plan.calls()) {
            expected += client.expectedBytes(call.service());
        }
        return Math.min(expected, plan.limits().maxBytes()) * BatchMemory.COPIES;
    }

    private static int tooManyWaiting(BatchPlan plan, Gate gate, int most) {
        return gate.waitingWith(atOnce(plan, gate)) - most;
    }

    private static int atOnce(BatchPlan plan, Gate gate) {
        return plan.isEndless()
                ? 1
                : Math.min(Math.min(plan.limits().concurrency(), plan.calls().size()), gate.size());
    }

    private static Duration moved(Gate gate, int places) {
        long nanos = gate.nanosUntilMoved(places);
        return nanos == 0 ? SOON : Duration.ofNanos(nanos);
    }

    private long remainingNanos(BatchPlan plan) {
        return plan.deadline().remainingNanos(clock.nanos());
    }

    private void takeMemory(Upload upload, long bytes) {
        try {
            upload.memory().takeOrRefuse(bytes);
        } catch (OverloadedException refusal) {
            Room memory = callers.memory();
            if (memory.taken() + BYTES_PER_CALL > memory.bytes() * ROOM_AGAIN) {
                upload.caller().refused().set(true);
            }
            throw refusal;
        }
    }

    /// Last, so that a batch that is refused for want of room costs nothing of its caller's rate.
    private static void takeCalls(BatchPlan plan, Caller caller) {
        Bucket bucket = caller.calls();
        if (bucket == null || plan.isEndless()) {
            return;
        }
        ConsumptionProbe probe =
                bucket.tryConsumeAndReturnRemaining(plan.calls().size());
        if (!probe.isConsumed()) {
            throw new RateLimitedException(
                    Refusal.RATE,
                    "the caller's rate allows %d calls now, the batch has %d"
                            .formatted(probe.getRemainingTokens(), plan.calls().size()),
                    Duration.ofNanos(probe.getNanosToWaitForRefill()));
        }
    }

    private List<Gate> gates(BatchPlan plan, Caller caller) {
        List<Gate> gates = new ArrayList<>(3);
        Gate own = caller.gate();
        if (own == null) {
            gates.add(new Gate(plan.limits().concurrency()));
        } else {
            gates.add(new Gate(Math.min(plan.limits().concurrency(), own.size())));
            gates.add(own);
        }
        gates.add(gate);
        return gates;
    }
}
