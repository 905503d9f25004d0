package dev.muster.call;

/// Moving average of how long something takes, as guessed from what it took before.
///
/// Threads that add to it at the same moment may lose a sample, which changes nothing.
public final class MeanTime {

    /// One sample counts for so much less than what is known already.
    private static final int INERTIA = 64;

    private volatile long nanos;

    public void add(long sampleNanos) {
        long mean = nanos;
        nanos = mean == 0 ? sampleNanos : mean + (sampleNanos - mean) / INERTIA;
    }

    /// In nanoseconds; 0 before the first sample.
    public long nanos() {
        return nanos;
    }
}
