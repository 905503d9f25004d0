package dev.muster.outcome;

import dev.muster.request.WireName;

/// Why a call was never sent.
public enum RejectionType implements WireName {
    /// The egress policy does not let it go where it wanted.
    EGRESS_DENIED("egress-denied"),
    /// The circuit breaker of its service is open.
    CIRCUIT_OPEN("circuit-open"),
    /// As many calls to its service are in flight as may be.
    BULKHEAD_FULL("bulkhead-full"),
    /// The rate limit of its service is reached.
    RATE_LIMITED("rate-limited"),
    /// Too many calls wait for a connection to its host.
    OVERLOADED("overloaded"),
    /// A call that it needs did not succeed, or gave nothing to make it of.
    DEPENDENCY_FAILED("dependency-failed");

    private final String wireName;

    RejectionType(String wireName) {
        this.wireName = wireName;
    }

    @Override
    public String wireName() {
        return wireName;
    }
}
