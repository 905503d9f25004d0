package dev.muster.plan;

import java.time.Instant;
import java.time.InstantSource;

/// The time of day as it was at the start, carried on by the monotonic clock: a wall clock that is set, back or forth,
/// moves nothing.
///
/// It is for what has to be compared with the dates of others, as the age of a response has. Between two of its
/// instants lies as much time as has passed.
public final class SteadyTime implements InstantSource {

    private final Instant start;
    private final long startNanos;
    private final NanoClock clock;

    /// @param start what time it is now
    public SteadyTime(Instant start, NanoClock clock) {
        this.start = start;
        this.startNanos = clock.nanos();
        this.clock = clock;
    }

    @Override
    public Instant instant() {
        return start.plusNanos(clock.nanos() - startNanos);
    }
}
