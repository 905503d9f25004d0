package dev.muster.upstream;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The response bytes that the calls of one batch may still take together.
public final class ByteBudget {

    private final long total;
    private final ResponseMemory memory;
    private final AtomicLong left;

    /// @param memory what they are kept in, which other batches use, too
    public ByteBudget(long total, ResponseMemory memory) {
        this.total = total;
        this.memory = memory;
        this.left = new AtomicLong(total);
    }

    /// Takes `bytes` from what is left, or nothing: a response that does not fit leaves the room to those that do.
    ///
    /// @throws ResponseTooLargeException if less than that is left
    void take(int bytes) {
        String lacking = tryTake(bytes);
        if (lacking != null) {
            throw new ResponseTooLargeException(lacking);
        }
    }

    /// Takes `bytes` from what is left, or nothing.
    ///
    /// @return `null` if they were taken, else which limit they would exceed
    @Nullable
    public String tryTake(int bytes) {
        long before = left.getAndUpdate(remaining -> remaining < bytes ? remaining : remaining - bytes);
        if (before < bytes) {
            return "the responses of the batch together have more than %d bytes".formatted(total);
        }
        if (!memory.tryTake(bytes)) {
            left.addAndGet(bytes);
            return "the batches taken on hold too much memory to keep the response";
        }
        return null;
    }

    /// Gives the bytes of a response back that is not kept after all.
    void giveBack(int bytes) {
        memory.giveBack(bytes);
        left.addAndGet(bytes);
    }
}
