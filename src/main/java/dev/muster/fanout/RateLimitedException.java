package dev.muster.fanout;

import java.time.Duration;

/// The caller has used up what it may take; nothing of its batch was started.
public final class RateLimitedException extends RuntimeException {

    private final Duration retryAfter;

    RateLimitedException(String detail, Duration retryAfter) {
        super(detail, null, false, false);
        this.retryAfter = retryAfter;
    }

    /// When it is worth another try.
    public Duration retryAfter() {
        return retryAfter;
    }
}
