package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.resilience.Health;
import dev.muster.service.Service;
import dev.muster.upstream.FilterException;
import java.time.Duration;

/// What an ended attempt says of its upstream, for its breaker, its limits and its balancing.
///
/// Only what the upstream did counts: not the limits of the caller, not those of Muster, not the egress policy.
public final class UpstreamHealth {

    private final Duration gatewayTimeout;

    /// @param gatewayTimeout the gateway's own budget of a batch
    public UpstreamHealth(Duration gatewayTimeout) {
        this.gatewayTimeout = gatewayTimeout;
    }

    /// The same for an attempt that `failure` ended without a response.
    Health of(CallOutcome outcome, Throwable failure) {
        return failure instanceof FilterException ? Health.UNKNOWN : of(outcome);
    }

    /// A status counts whatever its caller takes for a success: from 500 on it is the upstream's fault.
    Health of(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded succeeded ->
                ofStatus(succeeded.response().status());
            case CallOutcome.Failed failed ->
                switch (failed.type()) {
                    case HTTP_STATUS ->
                        failed.response() == null
                                ? Health.UNKNOWN
                                : ofStatus(failed.response().status());
                    case DNS_FAILED, CONNECT_FAILED, TLS_FAILED, CONNECTION_RESET, PROTOCOL_ERROR -> Health.TROUBLED;
                    case RESPONSE_TOO_LARGE -> Health.UNKNOWN;
                };
            case CallOutcome.TimedOut timedOut -> timedOut.phase() == Phase.ACQUIRE ? Health.UNKNOWN : Health.TROUBLED;
            case CallOutcome.FellBack _, CallOutcome.Rejected _, CallOutcome.Cancelled _ -> Health.UNKNOWN;
        };
    }

    /// What a response with `status` says of its upstream.
    static Health ofStatus(int status) {
        return status < 500 ? Health.WELL : Health.TROUBLED;
    }

    /// What it says that an attempt in `phase` was given up after that long because its deadline had passed.
    ///
    /// A caller in a hurry must not open the breaker for all others: the upstream had its chance only if it was
    /// waited for at least half of the time that the operator grants, be it as the service's or as the gateway's.
    ///
    /// @param heldNanos how long it had a connection, or was opening one
    Health ofTimeOut(Service service, Phase phase, long heldNanos) {
        if (phase == Phase.ACQUIRE) {
            return Health.UNKNOWN;
        }
        long granted = Math.min(service.calls().timeout().toNanos(), gatewayTimeout.toNanos());
        return heldNanos >= granted / 2 ? Health.TROUBLED : Health.UNKNOWN;
    }
}
