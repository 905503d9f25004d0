package dev.muster.admission;

import java.time.Duration;

/// The caller has used up what it may take.
public final class RateLimitedException extends BatchRefusedException {

    RateLimitedException(Refusal reason, String detail, Duration retryAfter) {
        super(reason, detail, retryAfter);
    }
}
