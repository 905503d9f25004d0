package dev.muster.upstream;

/// Moving average of what something takes, as guessed from what it took before.
///
/// Threads that add to it at the same moment may lose a sample, which changes nothing.
public final class MovingAverage {

    /// One sample counts for so much less than what is known already.
    private static final int INERTIA = 64;

    private volatile long value;

    public void add(long sample) {
        long mean = value;
        value = mean == 0 ? sample : mean + (sample - mean) / INERTIA;
    }

    /// In the unit of the samples; 0 before the first.
    public long value() {
        return value;
    }
}
