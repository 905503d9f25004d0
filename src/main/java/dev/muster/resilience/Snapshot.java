package dev.muster.resilience;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a service's guard stands at a moment. What the service does not have is `null`.
///
/// @param breaker           state of its circuit breaker, in Resilience4j's terms
/// @param adaptiveLimit     attempts that its adaptive limit lets through at once
/// @param adaptiveInFlight  attempts in flight under that limit
/// @param bulkheadAvailable attempts that its bulkhead still lets through
/// @param rateAvailable     attempts that its rate limit still lets through in this period
/// @param retryBudget       extra requests that could be paid now
/// @param hosts             its base URLs, where it has several
public record Snapshot(
        @Nullable String breaker,
        @Nullable Integer adaptiveLimit,
        @Nullable Integer adaptiveInFlight,
        @Nullable Integer bulkheadAvailable,
        @Nullable Integer rateAvailable,
        double retryBudget,
        List<Host> hosts) {

    /// One of several base URLs.
    ///
    /// @param inFlight attempts in flight
    /// @param ejected  whether it is passed over
    public record Host(URI baseUrl, int inFlight, boolean ejected) {}
}
