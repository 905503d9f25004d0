package dev.muster.plan;

/// The monotonic clock that every deadline is measured on.
@FunctionalInterface
public interface NanoClock {

    /// Nanoseconds since some arbitrary moment; only differences mean something.
    long nanos();
}
