package dev.muster.admission;

import java.util.concurrent.atomic.AtomicInteger;

/// Rounds of some work, of which one thread at a time makes one; others leave it a note to make another.
///
/// That also keeps the stack flat when the work asks for a round itself.
public final class Rounds {

    private final Runnable work;
    private final AtomicInteger notes = new AtomicInteger();

    public Rounds(Runnable work) {
        this.work = work;
    }

    /// Has a round made that begins after this.
    public void another() {
        if (notes.getAndIncrement() != 0) {
            return;
        }
        int seen = 1;
        do {
            work.run();
            seen = notes.addAndGet(-seen);
        } while (seen != 0);
    }
}
