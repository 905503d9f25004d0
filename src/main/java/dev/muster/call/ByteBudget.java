package dev.muster.call;

import java.util.concurrent.atomic.AtomicLong;

/// The response bytes that the calls of one batch may still take together.
public final class ByteBudget {

    private final long total;
    private final AtomicLong left;

    public ByteBudget(long total) {
        this.total = total;
        this.left = new AtomicLong(total);
    }

    /// Takes `bytes` from what is left, or nothing: a response that does not fit leaves the room to those that do.
    ///
    /// @throws ResponseTooLargeException if less than that is left
    void take(int bytes) {
        long before = left.getAndUpdate(remaining -> remaining < bytes ? remaining : remaining - bytes);
        if (before < bytes) {
            throw new ResponseTooLargeException(
                    "the responses of the batch together have more than %d bytes".formatted(total));
        }
    }
}
