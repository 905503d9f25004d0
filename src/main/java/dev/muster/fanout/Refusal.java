package dev.muster.fanout;

/// Why a batch is refused that is in itself well.
public enum Refusal {
    /// There is no room for it.
    OVERLOADED,
    /// Its caller has used up what it may take.
    RATE_LIMITED,
    /// Muster is stopping.
    STOPPING
}
