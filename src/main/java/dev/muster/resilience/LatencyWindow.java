package dev.muster.resilience;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/// A percentile of a service's latencies in the last ten to twenty seconds, to some 1 %.
final class LatencyWindow {

    private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long REFRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long MOST_MICROS = TimeUnit.MINUTES.toMicros(10);
    private static final int FEWEST_SAMPLES = 20;
    private static final int DIGITS = 2;

    private final double percentile;
    private final LongSupplier nanos;
    private final AtomicLong turnAt;
    private final AtomicLong refreshAt;
    private volatile Histogram current = new ConcurrentHistogram(MOST_MICROS, DIGITS);
    private volatile Histogram previous = new ConcurrentHistogram(MOST_MICROS, DIGITS);
    private volatile long latest = -1;

    /// @param percentile from 0 to 100
    LatencyWindow(double percentile, LongSupplier nanos) {
        this.percentile = percentile;
        this.nanos = nanos;
        long now = nanos.getAsLong();
        this.turnAt = new AtomicLong(now + WINDOW_NANOS);
        this.refreshAt = new AtomicLong(now);
    }

    void record(long elapsedNanos) {
        current.recordValue(Math.clamp(TimeUnit.NANOSECONDS.toMicros(elapsedNanos), 0, MOST_MICROS));
    }

    /// The percentile in nanoseconds, or -1 while too little is known. It is computed anew twice a second.
    long percentileNanos() {
        long now = nanos.getAsLong();
        if (isDue(turnAt, now, WINDOW_NANOS)) {
            previous = current;
            current = new ConcurrentHistogram(MOST_MICROS, DIGITS);
        }
        if (isDue(refreshAt, now, REFRESH_NANOS)) {
            Histogram both = previous.copy();
            both.add(current);
            latest = both.getTotalCount() < FEWEST_SAMPLES
                    ? -1
                    : TimeUnit.MICROSECONDS.toNanos(both.getValueAtPercentile(percentile));
        }
        return latest;
    }

    private static boolean isDue(AtomicLong at, long now, long period) {
        long due = at.get();
        return now - due >= 0 && at.compareAndSet(due, now + period);
    }
}
