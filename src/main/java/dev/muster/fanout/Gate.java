package dev.muster.fanout;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

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
    }

    private final AtomicInteger permits;
    private final AtomicInteger waiting = new AtomicInteger();
    private final Queue<Entrant> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger draining = new AtomicInteger();

    Gate(int permits) {
        this.permits = new AtomicInteger(permits);
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

    void enter(Entrant entrant) {
        if (waiting.get() == 0 && tryTake()) {
            if (!entrant.admitted(this)) {
                leave();
            }
            return;
        }
        waiting.incrementAndGet();
        queue.add(entrant);
        drain();
    }

    void leave() {
        permits.incrementAndGet();
        if (waiting.get() > 0) {
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
            while (!queue.isEmpty() && tryTake()) {
                Entrant head = queue.poll();
                if (head == null) {
                    permits.incrementAndGet();
                    break;
                }
                waiting.decrementAndGet();
                if (!head.admitted(this)) {
                    permits.incrementAndGet();
                }
            }
            notes = draining.addAndGet(-notes);
        } while (notes != 0);
    }
}
