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

    /// Takes `bytes` from what is left.
    ///
    /// @throws ResponseTooLargeException if less than that is left
    void take(int bytes) {
        if (left.addAndGet(-bytes) < 0) {
            throw new ResponseTooLargeException(
                    "the responses of the batch together have more than %d bytes".formatted(total));
        }
    }
}
