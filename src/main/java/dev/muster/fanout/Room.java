package dev.muster.fanout;

import java.util.concurrent.atomic.AtomicLong;

/// So many bytes of memory, which batches take and give back.
final class Room {

    private final long bytes;
    private final AtomicLong taken = new AtomicLong();

    Room(long bytes) {
        this.bytes = bytes;
    }

    long bytes() {
        return bytes;
    }

    /// How many bytes would be taken with `more`.
    long takenWith(long more) {
        return taken.get() + more;
    }

    /// Takes `more` bytes, if there is room for them.
    ///
    /// @return whether there was
    boolean tryTake(long more) {
        if (taken.addAndGet(more) <= bytes) {
            return true;
        }
        giveBack(more);
        return false;
    }

    void giveBack(long less) {
        taken.addAndGet(-less);
    }
}
