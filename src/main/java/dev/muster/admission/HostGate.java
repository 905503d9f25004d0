package dev.muster.admission;

import dev.muster.admission.HostPass.State;
import dev.muster.plan.NanoClock;
import dev.muster.service.HostSettings;
import java.util.LinkedHashSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/// Lets calls to one host through: so many at a time and so many a second, and queues the rest. Callers take turns, and
/// of each it is first come, first served.
///
/// Where there is a rate, one is let through when the one before has begun and its time has passed: what waits for
/// something else behind this gate could begin all at once otherwise.
final class HostGate {

    private static final double NANOS_PER_SECOND = 1e9;

    private final int most;
    private final long intervalNanos;
    private final NanoClock clock;
    private final Scheduler timer;
    private final Runnable afterRest;
    private final Turns<HostPass> waiting = new Turns<>(LinkedHashSet::new);
    private final Rounds rounds = new Rounds(this::letThrough);
    /// Calls that know this gate; the map that it is in guards it.
    private int users;
    /// The rest is guarded by this object's lock.
    private int inFlight;

    private boolean oneIsBeginning;
    private long nextNanos;
    private boolean looksAgain;

    /// @param afterRest run when the time after a call has passed
    HostGate(HostSettings limits, NanoClock clock, Scheduler timer, Runnable afterRest) {
        Integer maxInFlight = limits.maxInFlight();
        Double rate = limits.rate();
        this.most = maxInFlight == null ? Integer.MAX_VALUE : maxInFlight;
        this.intervalNanos = rate == null ? 0 : (long) (NANOS_PER_SECOND / rate);
        this.clock = clock;
        this.timer = timer;
        this.afterRest = afterRest;
        this.nextNanos = clock.nanos();
    }

    void use() {
        users++;
    }

    void release() {
        users--;
    }

    /// Whether it is as if it had never been.
    synchronized boolean isForgettable() {
        if (users > 0) {
            return false;
        }
        long restNanos = nextNanos - clock.nanos();
        if (restNanos <= 0) {
            return true;
        }
        lookAgainAfter(restNanos);
        return false;
    }

    int waiting() {
        return waiting.size();
    }

    void enter(HostPass pass) {
        synchronized (this) {
            if (pass.state() != State.NEW) {
                return;
            }
            pass.become(State.WAITING);
            waiting.add(pass.caller(), pass);
        }
        rounds.another();
    }

    void begun(HostPass pass) {
        synchronized (this) {
            if (pass.state() != State.THROUGH) {
                return;
            }
            pass.become(State.BEGUN);
            oneIsBeginning = false;
            nextNanos = clock.nanos() + intervalNanos;
        }
        rounds.another();
    }

    /// Whether it had not ended before.
    boolean end(HostPass pass) {
        synchronized (this) {
            switch (pass.state()) {
                case NEW -> {}
                case WAITING -> waiting.remove(pass.caller(), pass);
                case THROUGH -> {
                    inFlight--;
                    oneIsBeginning = false;
                }
                case BEGUN -> inFlight--;
                case ENDED -> {
                    return false;
                }
            }
            pass.become(State.ENDED);
        }
        rounds.another();
        return true;
    }

    private void letThrough() {
        for (HostPass next = next(); next != null; next = next()) {
            next.through();
        }
    }

    private synchronized @Nullable HostPass next() {
        if (waiting.size() == 0 || inFlight >= most || oneIsBeginning) {
            return null;
        }
        long restNanos = nextNanos - clock.nanos();
        if (restNanos > 0) {
            lookAgainAfter(restNanos);
            return null;
        }
        HostPass next = waiting.next();
        if (next != null) {
            next.become(State.THROUGH);
            inFlight++;
            oneIsBeginning = intervalNanos > 0;
        }
        return next;
    }

    private void lookAgainAfter(long nanos) {
        if (!looksAgain) {
            looksAgain = true;
            timer.schedule(this::lookAgain, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void lookAgain() {
        synchronized (this) {
            looksAgain = false;
        }
        rounds.another();
        afterRest.run();
    }
}
