package dev.muster.fanout;

import dev.muster.call.ResponseMemory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// What one batch holds of its caller's memory and of all's, from when it is taken on until it has ended and its
/// answer has left.
final class BatchMemory implements ResponseMemory {

    /// A response is there as it came and, at the end, as it is written into the answer.
    static final int COPIES = 2;

    private static final long CLOSED = -1;

    private final Room ofCaller;
    private final Room ofAll;
    /// All that it holds, or [#CLOSED].
    private final AtomicLong held;
    /// What of that no response has used yet.
    private final AtomicLong reserved;
    private final AtomicInteger holders = new AtomicInteger(1);

    /// @param bytes    what it has taken of both rooms
    /// @param reserved how much of that is for responses
    BatchMemory(Room ofCaller, Room ofAll, long bytes, long reserved) {
        this.ofCaller = ofCaller;
        this.ofAll = ofAll;
        this.held = new AtomicLong(bytes);
        this.reserved = new AtomicLong(reserved);
    }

    @Override
    public boolean tryTake(int bytes) {
        long needed = (long) COPIES * bytes;
        long ready = reserved.getAndUpdate(left -> Math.max(0, left - needed));
        long more = needed - ready;
        if (more <= 0 || tryTakeMore(more)) {
            return true;
        }
        reserved.addAndGet(ready);
        return false;
    }

    /// It stays with the batch, for the other responses.
    @Override
    public void giveBack(int bytes) {
        reserved.addAndGet((long) COPIES * bytes);
    }

    private boolean tryTakeMore(long bytes) {
        if (!ofCaller.tryTake(bytes)) {
            return false;
        }
        if (!ofAll.tryTake(bytes)) {
            ofCaller.giveBack(bytes);
            return false;
        }
        // A response may still come when the batch is over and all has been given back.
        if (held.getAndUpdate(before -> before == CLOSED ? CLOSED : before + bytes) == CLOSED) {
            returnToRooms(bytes);
            return false;
        }
        return true;
    }

    /// Keeps it until one [#release] more.
    void retain() {
        holders.incrementAndGet();
    }

    /// Gives all of it back, when everyone who holds it has said so.
    void release() {
        if (holders.decrementAndGet() == 0) {
            long all = held.getAndSet(CLOSED);
            if (all != CLOSED) {
                returnToRooms(all);
            }
        }
    }

    private void returnToRooms(long bytes) {
        ofAll.giveBack(bytes);
        ofCaller.giveBack(bytes);
    }
}
