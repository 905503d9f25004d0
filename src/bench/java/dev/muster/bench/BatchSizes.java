package dev.muster.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;

/// Whether a call of a large batch costs what one of a small batch costs, whatever the strategy and the answer's form.
final class BatchSizes implements Row {

    /// Each round of a strategy makes so many calls: in one batch, or in so many more that are smaller.
    private static final int HUGE = 100_000;
    private static final int USUAL = 1_000;
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    /// The strategies, each with what the batch says besides. A race that nobody wins makes all its calls.
    private static final Map<String, String> STRATEGIES = new TreeMap<>(
            Map.of("gather", "", "as-completed", "", "wait", "", "first-completed", ",\"success\":[\"418\"]"));

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
        return "CPU per call against batch size, 1 to 100,000 calls, every strategy and media type";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        var wrk = new Wrk(bench.directory());
        List<Chart.Point> curve = new ArrayList<>();
        try (var upstream = Nginx.upstream(bench.directory());
                var muster = Muster.start(
                        bench,
                        upstream.base(),
                        "muster.gateway.max-requests=" + HUGE,
                        "muster.gateway.max-request-size=16MB",
                        "muster.gateway.max-batch-size=1GB",
                        "muster.gateway.max-waiting=65536",
                        "muster.gateway.timeout=2m",
                        "muster.gateway.write-timeout=2m",
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
            inEveryForm(bench, upstream, muster);
        }
        bench.plot(
                "batch-size",
                new Chart("CPU per call against batch size", "calls in a batch", "µs CPU per call")
                        .logarithmicAcross()
                        .line("Muster", curve)
                        .svg());
    }

    private static void inEveryForm(Bench bench, Nginx upstream, Muster muster)
            throws IOException, InterruptedException {
        try (var client = new Client(4)) {
            for (String strategy : STRATEGIES.keySet()) {
                for (String media : List.of(Client.JSON, Client.EVENTS, Client.NDJSON)) {
                    String form = strategy + " as " + media;
                    Load.Costs costs = new Load(bench, upstream)
                            .inTurns(Stream.of(USUAL, HUGE)
                                    .map(size -> new Load.Contender(
                                            named(size),
                                            muster.server(),
                                            _ -> calls(client, muster, strategy, media, size)))
                                    .toList());
                    bench.add("CPU per call, batches of 100,000, " + form, "µs", costs.microsPerCall(named(HUGE)));
                    bench.add(
                            "CPU per call, batches of 100,000 / of 1,000, " + form,
                            "×",
                            costs.ratio(named(HUGE), named(USUAL)),
                            1.2);
                }
            }
        }
    }

    /// Makes as many calls as the largest batch has, in batches of `size`, four at a time.
    private static Wrk.Load calls(Client client, Muster muster, String strategy, String media, int size) {
        String call = "{\"service\":\"up\",\"path\":\"/item\"%s}".formatted(STRATEGIES.get(strategy));
        byte[] batch = "{\"strategy\":\"%s\",\"requests\":[%s]}"
                .formatted(strategy, String.join(",", Collections.nCopies(size, call)))
                .getBytes(StandardCharsets.UTF_8);
        int batches = HUGE / size;
        long right = Flux.range(0, batches)
                .flatMap(
                        _ -> client.stream(muster.batches(), batch, media)
                                .map(piece -> piece.toString(StandardCharsets.UTF_8))
                                .collect(Tail::new, Tail::add)
                                .filter(answer -> answer.counts(size)),
                        4)
                .count()
                .blockOptional(PATIENCE)
                .orElse(0L);
        return new Wrk.Load(batches, batches - right);
    }

    /// The first and the last pieces of an answer: its counts are in the former of a document, the latter of a stream.
    private static final class Tail {

        private String first = "";
        private String last = "";

        private void add(String piece) {
            first = first.length() < 1_000 ? first + piece : first;
            last = (last.length() > 1_000 ? last.substring(last.length() - 1_000) : last) + piece;
        }

        /// Whether all calls of a batch of `size` were made and answered.
        private boolean counts(int size) {
            return Stream.of(first, last)
                    .anyMatch(part -> part.contains("\"succeeded\":%d,\"failed\":0".formatted(size))
                            || part.contains("\"succeeded\":0,\"failed\":%d".formatted(size)));
        }
    }

    private static String named(int size) {
        return "batches of " + size;
    }
}
