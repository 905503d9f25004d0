package dev.muster.admission;

import java.time.Duration;

/// There is no room for another batch.
public final class OverloadedException extends BatchRefusedException {

    public OverloadedException(Refusal reason, String detail, Duration retryAfter) {
        super(reason, detail, retryAfter);
    }
}
