package dev.muster.fanout;

import dev.muster.call.MovingAverage;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Lets so many calls through at a time and queues the rest, first come, first served.
///
/// It never blocks. Whoever is let through owns a permit and gives it back with [#leave] exactly once.
final class Gate {

    /// Something that waits at a gate.
    interface Entrant {

        /// Called once, on whichever thread made room, when there is a permit.
        ///
        /// @return whether the permit is taken; `false` from one that no longer wants it
        boolean admitted(Gate gate);

        /// Called before [#admitted] if there is no permit yet. Whoever stops waiting gives `place` up.
        default void waits(Place place) {}
    }

    /// A place in the queue. What was given up is not counted any more, and holds on to nothing.
    final class Place {

        private final AtomicReference<@Nullable Entrant> entrant;

        private Place(Entrant entrant) {
            this.entrant = new AtomicReference<>(entrant);
        }

        /// Makes the place nobody's, unless it was its turn already.
        void giveUp() {
            take();
        }

        private boolean isGivenUp() {
            return entrant.get() == null;
        }

        private @Nullable Entrant take() {
            Entrant taken = entrant.getAndSet(null);
            if (taken != null) {
                waiting.decrementAndGet();
            }
            return taken;
        }
    }

    private final int size;
    private final AtomicInteger permits;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<Place> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger draining = new AtomicInteger();
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
        return Math.max(0, waiting.get() + more - Math.max(0, permits.get()));
    }

    int available() {
        return permits.get();
    }

    int waiting() {
        return waiting.get();
    }

    /// How long one that comes now is likely to wait: 0 if there is a permit.
    long expectedWaitNanos() {
        int ahead = waiting.get();
        return ahead == 0 && permits.get() > 0 ? 0 : nanosUntilMoved(ahead + 1);
    }

    /// How long it is likely to take until `places` permits have been given back: by Little's law, a gate moves by
    /// as many places as it has permits in the time that one is held.
    long nanosUntilMoved(int places) {
        return places * held.value() / size;
    }

    void enter(Entrant entrant) {
        if (queue.isEmpty() && tryTake()) {
            if (!entrant.admitted(this)) {
                leave();
            }
            return;
        }
        waiting.incrementAndGet();
        var place = new Place(entrant);
        entrant.waits(place);
        queue.add(place);
        drain();
    }

    /// Gives a permit back.
    ///
    /// @param heldNanos how long it was held
    void leave(long heldNanos) {
        held.add(heldNanos);
        leave();
    }

    /// Gives a permit back that was not used, so that there is nothing to learn from how long it was held.
    void leave() {
        permits.incrementAndGet();
        if (!queue.isEmpty()) {
            drain();
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

    /// One thread at a time admits the queue's head; others leave it a note. That also keeps the stack flat when an
    /// entrant is through at once and leaves from inside [Entrant#admitted].
    private void drain() {
        if (draining.getAndIncrement() != 0) {
            return;
        }
        int notes = 1;
        do {
            for (Place head = queue.peek(); head != null; head = queue.peek()) {
                if (head.isGivenUp()) {
                    queue.remove();
                } else if (tryTake()) {
                    queue.remove();
                    Entrant entrant = head.take();
                    if (entrant == null || !entrant.admitted(this)) {
                        permits.incrementAndGet();
                    }
                } else {
                    break;
                }
            }
            notes = draining.addAndGet(-notes);
        } while (notes != 0);
    }
}
