package dev.muster.call;

import dev.muster.resilience.NotPermitted;

/// A redirect led into a service whose guard lets no request through now.
final class NotPermittedException extends RuntimeException {

    private final NotPermitted reason;

    NotPermittedException(NotPermitted reason) {
        super("the service's guard refuses", null, false, false);
        this.reason = reason;
    }

    NotPermitted reason() {
        return reason;
    }
}
