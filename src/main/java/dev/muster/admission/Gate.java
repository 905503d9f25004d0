package dev.muster.admission;

import dev.muster.upstream.MovingAverage;
import java.util.LinkedHashSet;
import java.util.concurrent.atomic.AtomicInteger;

/// Lets so many calls through at a time and queues the rest: callers take turns, and of each it is first come, first
/// served.
///
/// It never blocks. Whoever is let through owns a permit and gives it back with [#leave] exactly once.
public final class Gate {

    /// Something that waits at a gate, once at a time.
    public interface Entrant {

        /// Called once, on whichever thread made room, when there is a permit.
        ///
        /// @return whether the permit is taken; `false` from one that no longer wants it
        boolean admitted(Gate gate);
    }

    private final int size;
    private final AtomicInteger permits;
    /// A set, so that many can give up at once.
    private final Turns<Entrant> waiting = new Turns<>(LinkedHashSet::new);
    private final Rounds drain = new Rounds(this::admitWaiting);
    private final MovingAverage held = new MovingAverage();

    Gate(int permits) {
        this.size = permits;
        this.permits = new AtomicInteger(permits);
    }

    /// How many are let through at a time.
    int size() {
        return size;
    }

    /// How many of `more` entrants would have to wait now, together with those that already do.
    int waitingWith(int more) {
        return Math.max(0, waiting.size() + more - Math.max(0, permits.get()));
    }

    int available() {
        return permits.get();
    }

    int waiting() {
        return waiting.size();
    }

    /// How long one of `caller` that comes now is likely to wait: 0 if there is a permit.
    long expectedWaitNanos(String caller) {
        return isOpen() ? 0 : nanosUntilMoved(waiting.before(caller) + 1);
    }

    /// The same for one that has its turn after all others.
    long expectedWaitNanos() {
        return isOpen() ? 0 : nanosUntilMoved(waiting.size() + 1L);
    }

    private boolean isOpen() {
        return waiting.size() == 0 && permits.get() > 0;
    }

    /// How long it is likely to take until `places` permits have been given back: by Little's law, a gate moves by
    /// as many places as it has permits in the time that one is held.
    long nanosUntilMoved(long places) {
        return places * held.value() / size;
    }

    /// Lets `entrant` through at once, or when it is its turn. Whoever stops waiting is to [#giveUp].
    ///
    /// @return whether it was not through at once
    public boolean enter(String caller, Entrant entrant) {
        if (waiting.size() == 0 && tryTake()) {
            if (!entrant.admitted(this)) {
                leave();
            }
            return false;
        }
        waiting.add(caller, entrant);
        drain.another();
        return true;
    }

    /// Lets `entrant` wait no longer, if it does.
    public void giveUp(String caller, Entrant entrant) {
        waiting.remove(caller, entrant);
    }

    /// Gives a permit back.
    ///
    /// @param heldNanos how long it was held
    public void leave(long heldNanos) {
        held.add(heldNanos);
        leave();
    }

    /// Gives a permit back that was not used, so that there is nothing to learn from how long it was held.
    public void leave() {
        permits.incrementAndGet();
        if (waiting.size() > 0) {
            drain.another();
        }
    }

    private boolean tryTake() {
        int free = permits.get();
        while (free > 0) {
            if (permits.compareAndSet(free, free - 1)) {
                return true;
            }
            free = permits.get();
        }
        return false;
    }

    private void admitWaiting() {
        while (waiting.size() > 0 && tryTake()) {
            Entrant next = waiting.next();
            if (next == null || !next.admitted(this)) {
                permits.incrementAndGet();
            }
        }
    }
}
