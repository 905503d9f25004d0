package dev.muster.plan;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.muster.request.BatchReader;
import dev.muster.request.BatchRequest;
import dev.muster.request.DocumentMemory;
import dev.muster.service.MusterServicesProperties;
import dev.muster.service.ServiceCatalogue;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/// What reading and planning cost a call, in batches of 100: by service and path, and by URL.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(PlannerBenchmark.CALLS)
public class PlannerBenchmark {

    static final int CALLS = 100;
    private static final UUID ID = new UUID(1, 2);

    private final byte[] paths = document("{\"service\":\"up\",\"path\":\"/items/7?service=inventory\"},");
    private final byte[] urls = document("\"http://inventory.example/items/7?service=inventory\",");
    private final BatchReader reader = new BatchReader(CALLS, Set.of("up"));
    private final Planner planner = planner();
    private final BatchRequest byPath = reader.read(paths, DocumentMemory.UNCOUNTED);
    private final BatchRequest byUrl = reader.read(urls, DocumentMemory.UNCOUNTED);

    @Benchmark
    public BatchRequest readPaths() {
        return reader.read(paths, DocumentMemory.UNCOUNTED);
    }

    @Benchmark
    public BatchRequest readUrls() {
        return reader.read(urls, DocumentMemory.UNCOUNTED);
    }

    @Benchmark
    public BatchPlan planPaths() {
        return planner.plan(ID, byPath, 0, null, BatchPlan.ANONYMOUS, Map.of());
    }

    @Benchmark
    public BatchPlan planUrls() {
        return planner.plan(ID, byUrl, 0, null, BatchPlan.ANONYMOUS, Map.of());
    }

    private static byte[] document(String call) {
        String calls = call.repeat(CALLS);
        return ("{\"requests\":[" + calls.substring(0, calls.length() - 1) + "]}").getBytes(UTF_8);
    }

    private static Planner planner() {
        var binder = new Binder(
                new MapConfigurationPropertySource(Map.of("muster.services.up.base-url", "http://127.0.0.1:18900")));
        return new Planner(
                binder.bindOrCreate("muster.gateway", BatchProperties.class),
                binder.bindOrCreate("muster.gateway", ResponseProperties.class),
                binder.bindOrCreate("muster.gateway", PropagationProperties.class),
                new ServiceCatalogue(binder.bindOrCreate("muster", MusterServicesProperties.class)
                        .services()));
    }
}
