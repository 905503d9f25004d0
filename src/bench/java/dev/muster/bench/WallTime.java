package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// How far a batch is from the physical limit, which is the time that its upstream takes.
final class WallTime implements Row {

    private static final int CALLS = 500;
    private static final int UPSTREAM_MILLIS = 100;

    @Override
    public String name() {
        return "wall";
    }

    @Override
    public String what() {
        return "wall time of 500 calls to an upstream that waits 100 ms, as the client sees it";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        int batchesInRound = bench.settings().choose(10, 20);
        List<String> paths = IntStream.range(0, CALLS)
                .mapToObj(call -> "/wait/" + UPSTREAM_MILLIS + "?" + call)
                .toList();
        byte[] batch = Muster.batch(paths, "").getBytes(UTF_8);
        try (var upstream = new TimedUpstream();
                var client = new Client(1);
                var muster = Muster.start(
                        bench, upstream.base(), Muster.patient("muster.gateway.max-concurrency=" + CALLS))) {
            Latency.warm(bench, muster.batches());
            List<Double> rounds = new ArrayList<>();
            List<Double> firstSeen = new ArrayList<>();
            List<Double> lastSeen = new ArrayList<>();
            List<Double> lastAnswered = new ArrayList<>();
            List<Chart.Span> lastBatch = List.of();
            for (int round = -2; round < bench.settings().rounds(); round++) {
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < batchesInRound; i++) {
                    upstream.forget();
                    long sentAt = System.nanoTime();
                    var answer = client.post(muster.batches(), batch).block();
                    millis.add((System.nanoTime() - sentAt) / 1e6);
                    // A cold JVM may time calls out.
                    if (round >= 0) {
                        Checks.allSucceeded(answer, CALLS);
                        lastBatch = spans(upstream, sentAt);
                    }
                }
                if (round >= 0) {
                    rounds.add(new Samples(millis).median());
                    firstSeen.add(lastBatch.getFirst().from());
                    lastSeen.add(lastBatch.getLast().from());
                    lastAnswered.add(
                            lastBatch.stream().mapToDouble(Chart.Span::to).max().orElseThrow());
                }
            }
            bench.add("wall time of 500 calls that take 100 ms", "ms", new Samples(rounds), 1.1 * UPSTREAM_MILLIS);
            bench.add("of each round's last batch, until the upstream has the first", "ms", new Samples(firstSeen));
            bench.add("of each round's last batch, until the upstream has the last", "ms", new Samples(lastSeen));
            bench.add(
                    "of each round's last batch, until the upstream answers the last", "ms", new Samples(lastAnswered));
            bench.plot(
                    "waterfall",
                    new Chart(
                                    "500 calls to an upstream that waits 100 ms, as the upstream saw them",
                                    "ms since the batch was sent",
                                    "calls, in the order in which they came")
                            .waterfall(lastBatch)
                            .svg());
        }
    }

    private static List<Chart.Span> spans(TimedUpstream upstream, long sentAt) {
        return upstream.arrived().entrySet().stream()
                .map(call -> new Chart.Span(
                        (call.getValue() - sentAt) / 1e6, (upstream.answered(call.getKey()) - sentAt) / 1e6))
                .sorted(Comparator.comparingDouble(Chart.Span::from))
                .toList();
    }
}
