package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import java.io.ByteArrayOutputStream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// What it costs to check an upstream's JSON and to splice it into the answer: 87 bytes with the headers that nginx
/// sends, and 7 KB; and to write a line of a stream.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ResultWriterBenchmark {

    static final int RESULTS = 100;
    private static final String ITEM =
            "{\"sku\":\"A-1009-77\",\"stock\":3,\"price\":{\"amount\":\"12.50\",\"currency\":\"EUR\"},\"eta\":\"2d\"}   ";

    private final CallOutcome small = outcome(ITEM);
    private final List<CallOutcome> hundredSmall = Collections.nCopies(RESULTS, small);
    private final List<CallOutcome> large = List.of(outcome("[" + (ITEM + ",").repeat(80) + ITEM + "]"));
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(64 << 10);

    @Benchmark
    @OperationsPerInvocation(RESULTS)
    public int smallResults() {
        out.reset();
        Outcomes.WRITER.writeBatch(out, Outcomes.summary(Outcomes.partial()), hundredSmall);
        return out.size();
    }

    @Benchmark
    public int largeResult() {
        out.reset();
        Outcomes.WRITER.writeBatch(out, Outcomes.summary(Outcomes.partial()), large);
        return out.size();
    }

    @Benchmark
    public int line() {
        out.reset();
        Outcomes.WRITER.writeResult(out, small);
        return out.size();
    }

    private static CallOutcome outcome(String body) {
        var headers = new LinkedHashMap<String, List<String>>();
        headers.put("server", List.of("nginx/1.22.1"));
        headers.put("date", List.of("Thu, 01 Jan 2026 00:00:00 GMT"));
        headers.put("content-type", List.of("application/json"));
        headers.put("content-length", List.of(Integer.toString(body.length())));
        headers.put("connection", List.of("keep-alive"));

        return Outcomes.succeeded(Outcomes.response(200, headers, body));
    }
}
