package dev.muster.admission;

import dev.muster.upstream.ResponseMemory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// What one batch holds of its caller's part of a room, from when its document comes until it has ended and its answer
/// has left; or one call of a batch without end, until its result has.
public final class BatchMemory implements ResponseMemory {

    /// A response is there as it came and, at the end, as it is written into the answer.
    static final int COPIES = 2;

    private static final long CLOSED = -1;
    private static final Duration SOON = Duration.ofSeconds(1);

    private final Room.Part part;
    /// All that it holds, or [#CLOSED].
    private final AtomicLong held = new AtomicLong();
    /// What of that is for responses, and none has used yet.
    private final AtomicLong reserved = new AtomicLong();
    private final AtomicInteger holders = new AtomicInteger(1);
    /// A room within the room that all of it is taken of, too, if there is one.
    private volatile Room.@Nullable Part inner;

    BatchMemory(Room.Part part) {
        this.part = part;
    }

    long held() {
        return Math.max(0, held.get());
    }

    @Override
    public boolean tryTake(int bytes) {
        long needed = (long) COPIES * bytes;
        long ready = reserved.getAndUpdate(left -> Math.max(0, left - needed));
        long more = needed - ready;
        if (more <= 0 || take(more) == Room.Taking.TAKEN) {
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

    /// Takes `bytes` more.
    ///
    /// @throws RateLimitedException if its caller has used up its part
    /// @throws OverloadedException  if all of them together have
    void takeOrRefuse(long bytes) {
        switch (take(bytes)) {
            case TAKEN -> {}
            case PART_IS_FULL ->
                throw new RateLimitedException(Refusal.SHARE, "the batches of this caller hold too much memory", SOON);
            case ROOM_IS_FULL ->
                throw new OverloadedException(Refusal.MEMORY, "the batches taken on hold too much memory", SOON);
        }
    }

    /// Takes `bytes` more if others do not need them, for what can wait until there is room.
    boolean takeSpare(long bytes) {
        if (!part.tryTakeSpare(bytes)) {
            return false;
        }
        held.addAndGet(bytes);
        return true;
    }

    /// What of it is not kept for responses that have not come.
    long used() {
        return held() - reserved.get();
    }

    /// Keeps `bytes` of what it holds for responses.
    void reserve(long bytes) {
        reserved.addAndGet(bytes);
    }

    /// Has all that it holds, and will, taken of `room`, too, which is a part of the same.
    Room.Taking alsoTake(Room.Part room) {
        Room.Taking taking = room.tryTake(held());
        if (taking == Room.Taking.TAKEN) {
            inner = room;
        }
        return taking;
    }

    Room.Taking take(long bytes) {
        Room.Taking taking = tryTakeAll(bytes);
        // More may still come when the batch is over and all has been given back.
        if (taking == Room.Taking.TAKEN
                && held.getAndUpdate(before -> before == CLOSED ? CLOSED : before + bytes) == CLOSED) {
            giveAllBack(bytes);
            return Room.Taking.ROOM_IS_FULL;
        }
        return taking;
    }

    private Room.Taking tryTakeAll(long bytes) {
        Room.Taking taking = part.tryTake(bytes);
        Room.Part within = inner;
        if (within == null || taking != Room.Taking.TAKEN) {
            return taking;
        }
        Room.Taking takingWithin = within.tryTake(bytes);
        if (takingWithin != Room.Taking.TAKEN) {
            part.giveBack(bytes);
        }
        return takingWithin;
    }

    private void giveAllBack(long bytes) {
        Room.Part within = inner;
        if (within != null) {
            within.giveBack(bytes);
        }
        part.giveBack(bytes);
    }

    /// Gives back all but `bytes`, what is kept for responses included.
    void shrinkTo(long bytes) {
        reserved.set(0);
        long before = held.getAndUpdate(all -> Math.min(all, bytes));
        if (before > bytes) {
            giveAllBack(before - bytes);
        }
    }

    /// Keeps it until one [#release] more.
    public void retain() {
        holders.incrementAndGet();
    }

    /// Gives all of it back, when everyone who holds it has said so.
    public void release() {
        if (holders.decrementAndGet() == 0) {
            long all = held.getAndSet(CLOSED);
            if (all != CLOSED) {
                giveAllBack(all);
            }
        }
    }
}
