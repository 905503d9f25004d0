package dev.muster.call;

import dev.muster.resilience.Permit;
import dev.muster.resilience.ServiceGuard;
import dev.muster.service.Service;

/// A request of an attempt and the permit that it goes by: the first, or one that a redirect led to.
///
/// @param guard        of the service that it enters
/// @param startedNanos when it got its permit
/// @param heldNanos    how long the requests before it held their connections
record Hop(ServiceGuard guard, Permit permit, long startedNanos, long heldNanos) {

    Service service() {
        return guard.service();
    }
}
