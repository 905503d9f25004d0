package dev.muster.resilience;

/// What an ended attempt says of its upstream.
public enum Health {
    /// It answered, and not with a server error.
    WELL,
    /// It failed, or kept the attempt waiting for too long.
    TROUBLED,
    /// Nothing: the attempt ended for reasons that are not the upstream's.
    UNKNOWN
}
