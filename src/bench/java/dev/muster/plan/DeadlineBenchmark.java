package dev.muster.plan;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What it costs a call to have three deadlines.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DeadlineBenchmark {

    private final Deadline gateway = Deadline.after(0, Layer.GATEWAY, Duration.ofSeconds(1));
    private final Duration budget = Duration.ofMillis(300);
    private long now;

    @Benchmark
    public long earliestOfTwo() {
        now += 1000;
        return Deadline.after(now, Layer.SERVICE, budget).earliest(gateway).remainingNanos(now);
    }
}
