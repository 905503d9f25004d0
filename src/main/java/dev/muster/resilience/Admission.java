package dev.muster.resilience;

/// Whether an attempt may be made.
public sealed interface Admission {

    /// It may; the permit has to be ended, however the attempt ends.
    record Granted(Permit permit) implements Admission {}

    /// It may not.
    record Refused(Refusal reason) implements Admission {}
}
