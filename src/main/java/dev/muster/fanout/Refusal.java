package dev.muster.fanout;

/// Why a batch is refused that is in itself well.
public enum Refusal {
    /// There is no room for it.
    OVERLOADED,
    /// Muster is stopping.
    STOPPING
}
