package dev.muster.upstream;

import dev.muster.call.CallPlans;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What it costs to name a failure: one that is known by its class, and one that no rule names.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FailureClassifierBenchmark {

    private final FailureClassifier classifier = new FailureClassifier(() -> 0);
    private final CallPlan call = CallPlans.at(0).build();
    private final Trace trace = new Trace(12_149_999, 1, true, List.of(), PhaseTimes.NONE);
    private final Throwable refused = new IOException(new ConnectException("Connection refused"));
    private final Throwable reset = new IOException("Connection reset by peer");

    @Benchmark
    public CallOutcome refused() {
        return classifier.classify(call, Phase.CONNECT, trace, refused);
    }

    @Benchmark
    public CallOutcome reset() {
        return classifier.classify(call, Phase.BODY, trace, reset);
    }
}
