package dev.muster.upstream;

import java.io.IOException;

/// A request that the upstream certainly did not process, so that it may be sent once more whatever its method (RFC
/// 9113, section 8.7). It has no stack trace: it is an answer, not a fault, and its message is the rule.
final class NotProcessedException extends IOException {

    NotProcessedException(String message) {
        super(message);
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
