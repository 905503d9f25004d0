package dev.muster.fanout;

import java.time.Duration;

/// There is no room for another batch; nothing of it was started.
public final class OverloadedException extends RuntimeException {

    private final Duration retryAfter;

    OverloadedException(String detail, Duration retryAfter) {
        super(detail, null, false, false);
        this.retryAfter = retryAfter;
    }

    /// When it is worth another try.
    public Duration retryAfter() {
        return retryAfter;
    }
}
