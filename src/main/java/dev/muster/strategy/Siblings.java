package dev.muster.strategy;

import dev.muster.outcome.CancelReason;

/// The calls of a batch, as something a strategy can call off.
@FunctionalInterface
public interface Siblings {

    /// Cancels every call that has no outcome yet; each gets one at once, with this reason. The first call counts,
    /// a later one changes nothing.
    void cancel(CancelReason reason);
}
