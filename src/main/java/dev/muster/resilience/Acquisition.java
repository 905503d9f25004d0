package dev.muster.resilience;

/// Whether an attempt may be made.
public sealed interface Acquisition {

    /// It may; the permit has to be ended, however the attempt ends.
    record Granted(Permit permit) implements Acquisition {}

    /// It may not.
    record Refused(NotPermitted reason) implements Acquisition {}
}
