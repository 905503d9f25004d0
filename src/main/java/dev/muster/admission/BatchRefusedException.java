package dev.muster.admission;

import java.time.Duration;

/// A batch that is in itself well cannot be taken on; nothing of it was started.
public abstract sealed class BatchRefusedException extends RuntimeException
        permits OverloadedException, RateLimitedException {

    private final Refusal reason;
    private final Duration retryAfter;

    BatchRefusedException(Refusal reason, String detail, Duration retryAfter) {
        super(detail, null, false, false);
        this.reason = reason;
        this.retryAfter = retryAfter;
    }

    /// What there is too little of.
    public Refusal reason() {
        return reason;
    }

    /// When it is worth another try.
    public Duration retryAfter() {
        return retryAfter;
    }
}
