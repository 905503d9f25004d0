package dev.muster.outcome;

/// Where a response came from.
public enum Source {
    /// The upstream, just now.
    UPSTREAM,
    /// The cache, with the upstream's consent or without asking it.
    CACHE
}
