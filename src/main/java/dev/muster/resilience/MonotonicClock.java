package dev.muster.resilience;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/// The monotonic clock for who asks for a `Clock`: how far apart two of its instants are is true, where they lie means
/// nothing.
final class MonotonicClock extends Clock {

    private final LongSupplier nanos;
    private final long startedNanos;
    private final ZoneId zone;

    MonotonicClock(LongSupplier nanos) {
        this(nanos, nanos.getAsLong(), ZoneOffset.UTC);
    }

    private MonotonicClock(LongSupplier nanos, long startedNanos, ZoneId zone) {
        this.nanos = nanos;
        this.startedNanos = startedNanos;
        this.zone = zone;
    }

    @Override
    public Instant instant() {
        return Instant.EPOCH.plusNanos(nanos.getAsLong() - startedNanos);
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    @Override
    public Clock withZone(ZoneId other) {
        return new MonotonicClock(nanos, startedNanos, other);
    }
}
