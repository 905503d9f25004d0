package dev.muster.admission;

import dev.muster.plan.BatchPlan;
import dev.muster.request.BatchTooLargeException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// What one batch takes of its caller's part of the room for those that outlive their request, until it is forgotten.
public final class RetainedBatch {

    /// What is kept besides results, and with each of them.
    private static final int BYTES_PER_BATCH = 1_024;

    private static final int BYTES_PER_RESULT = 128;
    private static final Duration LATER = Duration.ofSeconds(10);

    /// A caller is known for as long as something of it is retained, however long ago it called.
    private final Caller caller;

    private final BatchMemory memory;
    private final int calls;
    private final AtomicBoolean released = new AtomicBoolean();

    private RetainedBatch(Caller caller, BatchMemory memory, int calls) {
        this.caller = caller;
        this.memory = memory;
        this.calls = calls;
    }

    /// @param memory what the batch holds, all that was taken for it
    /// @throws BatchTooLargeException if there never will be room for it
    /// @throws RateLimitedException   if its caller has used up its part
    /// @throws OverloadedException    if all of them together have
    static RetainedBatch take(BatchPlan plan, Caller caller, BatchMemory memory) {
        RetainedRooms.Share parts = caller.retained();
        int calls = plan.calls().size();
        if (calls > parts.calls().most()) {
            throw new BatchTooLargeException("a detached batch of this caller has at most %d calls"
                    .formatted(parts.calls().most()));
        }
        if (memory.held() > parts.bytes().most()) {
            throw new BatchTooLargeException("a detached batch of this caller takes at most %d bytes of memory"
                    .formatted(parts.bytes().most()));
        }
        refuseUnless(parts.batches().tryTake(1), "detached batches");
        try {
            refuseUnless(parts.calls().tryTake(calls), "calls of detached batches");
            try {
                refuseUnless(memory.alsoTake(parts.bytes()), "bytes of detached batches");
            } catch (BatchRefusedException refusal) {
                parts.calls().giveBack(calls);
                throw refusal;
            }
        } catch (BatchRefusedException refusal) {
            parts.batches().giveBack(1);
            throw refusal;
        }
        memory.retain();
        return new RetainedBatch(caller, memory, calls);
    }

    /// @throws RateLimitedException if the part of one caller is full
    /// @throws OverloadedException  if that of all is
    static void refuseUnless(Room.Taking taking, String what) {
        switch (taking) {
            case TAKEN -> {}
            case PART_IS_FULL ->
                throw new RateLimitedException(
                        Refusal.DETACHED, "too many %s of this caller are kept".formatted(what), LATER);
            case ROOM_IS_FULL ->
                throw new OverloadedException(Refusal.DETACHED, "too many %s are kept".formatted(what), LATER);
        }
    }

    /// The batch has ended: from now on it holds nothing but so many `bytes` of results.
    public void hasEnded(long bytes) {
        memory.shrinkTo(BYTES_PER_BATCH + (long) BYTES_PER_RESULT * calls + bytes);
    }

    /// It is forgotten.
    public void release() {
        if (released.compareAndSet(false, true)) {
            memory.release();
            caller.retained().calls().giveBack(calls);
            caller.retained().batches().giveBack(1);
        }
    }
}
