package dev.muster.call;

import dev.muster.resilience.Refusal;

/// A redirect led into a service whose guard lets no request through now.
final class RefusedException extends RuntimeException {

    private final Refusal reason;

    RefusedException(Refusal reason) {
        super("the service's guard refuses", null, false, false);
        this.reason = reason;
    }

    Refusal reason() {
        return reason;
    }
}
