package dev.muster.plan;

import java.time.Duration;

/// An absolute moment on the monotonic clock, and the budget it came from.
///
/// @param atNanos when it passes, in nanoseconds of the clock that planned it
/// @param layer   the layer that set it
/// @param budget  the time that layer gave
public record Deadline(long atNanos, Layer layer, Duration budget) {

    /// The deadline that leaves `budget` from `nowNanos` on.
    public static Deadline after(long nowNanos, Layer layer, Duration budget) {
        return new Deadline(nowNanos + budget.toNanos(), layer, budget);
    }

    /// The one that passes first; of two that pass together, this one.
    public Deadline earliest(Deadline other) {
        return other.atNanos - atNanos < 0 ? other : this;
    }

    /// Nanoseconds left at `nowNanos`; negative once it has passed.
    public long remainingNanos(long nowNanos) {
        return atNanos - nowNanos;
    }
}
