package dev.muster.resilience;

/// Why an attempt may not be made now.
public enum NotPermitted {
    /// The service's rate limit is reached.
    RATE_LIMITED,
    /// As many attempts are in flight as its bulkhead, or its adaptive limit, lets through.
    BULKHEAD_FULL,
    /// Its circuit breaker is open, or half open with its trial calls under way.
    CIRCUIT_OPEN
}
