package dev.muster.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Whether a call of a large batch costs what one of a small batch costs.
final class BatchSizes implements Row {

    private static final int REFERENCE = 100;
    private static final int LARGEST = 10_000;

    /// How many batches at a time, by their size: few large ones have as many calls in flight as many small ones.
    private static final Map<Integer, Integer> CONNECTIONS =
            new TreeMap<>(Map.of(1, 16, 10, 16, REFERENCE, 16, 1000, 4, LARGEST, 2));

    @Override
    public String name() {
        return "batch-size";
    }

    @Override
    public String what() {
        return "CPU per call against batch size, 1 to 10,000 calls";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        var wrk = new Wrk(bench.directory());
        List<Chart.Point> curve = new ArrayList<>();
        try (var upstream = Nginx.upstream(bench.directory());
                var muster = Muster.start(
                        bench,
                        upstream.base(),
                        "muster.gateway.max-requests=" + LARGEST,
                        "muster.gateway.max-waiting=65536",
                        "muster.gateway.timeout=30s",
                        "muster.services.up.timeout=10s")) {
            List<Load.Contender> sizes = CONNECTIONS.entrySet().stream()
                    .map(size -> {
                        String batch = Muster.batch(size.getKey(), "/item");
                        return new Load.Contender(
                                named(size.getKey()),
                                muster.server(),
                                seconds -> wrk.post(muster.batches(), batch, size.getKey(), size.getValue(), seconds));
                    })
                    .toList();
            Load.Costs costs = new Load(bench, upstream).inTurns(sizes);
            for (int size : CONNECTIONS.keySet()) {
                Samples cost = costs.microsPerCall(named(size));
                bench.add("CPU per call, " + named(size), "µs", cost);
                curve.add(new Chart.Point(size, cost.median()));
            }
            bench.add(
                    "CPU per call, batches of 10,000 / of 100",
                    "×",
                    costs.ratio(named(LARGEST), named(REFERENCE)),
                    1.2);
        }
        bench.plot(
                "batch-size",
                new Chart("CPU per call against batch size", "calls in a batch", "µs CPU per call")
                        .logarithmicAcross()
                        .line("Muster", curve)
                        .svg());
    }

    private static String named(int size) {
        return "batches of " + size;
    }
}
