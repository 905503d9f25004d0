package dev.muster.admission;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What a call pays at a gate, alone and where others wait.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class GateBenchmark {

    private final Gate gate = new Gate(1);
    private final Gate full = new Gate(0);

    @Benchmark
    public void enterAndLeave() {
        gate.enter("one", _ -> true);
        gate.leave();
    }

    @Benchmark
    public void waitAndLeave() {
        full.enter("one", _ -> true);
        full.leave();
        full.enter("one", _ -> false);
    }
}
