package dev.muster.fanout;

import java.time.Duration;

/// There is no room for another batch.
public final class OverloadedException extends BatchRefusedException {

    OverloadedException(Refusal reason, String detail, Duration retryAfter) {
        super(reason, detail, retryAfter);
    }
}
