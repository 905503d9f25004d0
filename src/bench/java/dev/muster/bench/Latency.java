package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Latency against load, from when each batch was due.
final class Latency implements Row {

    private static final double[] SHARES = {0.1, 0.3, 0.5, 0.65, 0.8, 0.9};
    private static final double HOPELESS_MILLIS = 2000;
    private static final int CONNECTIONS = 1000;
    private static final List<String> COMPARED = List.of("WebFlux, flatMapSequential", "Node, http.Agent");

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public String what() {
        return "latency of a batch of 100 against load, open loop, to 90 % of what Muster carries";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        var chart = new Chart("Latency of a batch of 100 calls against load", "batches per second", "ms")
                .logarithmicUpwards();
        try (var upstream = Nginx.upstream(bench.directory())) {
            double capacity;
            try (var muster = Muster.start(bench, upstream.base())) {
                capacity = capacity(bench, muster);
                bench.add("batches of 100 per second, closed loop, Muster", "/s", Samples.of(capacity));
                curve(bench, chart, "Muster", muster.batches(), capacity);
            }
            for (String peer : COMPARED) {
                try (var started = Objects.requireNonNull(Peers.all().get(peer)).start(bench.directory(), upstream)) {
                    warm(bench, started.batch());
                    curve(bench, chart, peer, started.batch(), capacity);
                } catch (AbsentException absent) {
                    bench.absent(peer, String.valueOf(absent.getMessage()));
                }
            }
        }
        bench.plot("latency", chart.svg());
    }

    /// Batches of 100 per second that a warm `muster` answers in a closed loop.
    static double capacity(Bench bench, Muster muster) throws IOException, InterruptedException {
        warm(bench, muster.batches());
        int seconds = bench.settings().roundSeconds();
        return (double) load(bench, muster.batches(), seconds).answers() / seconds;
    }

    /// Loads `target` for as long as the compiler takes, with batches of the path `/item`.
    static void warm(Bench bench, URI target) throws IOException, InterruptedException {
        load(bench, target, bench.settings().warmUpSeconds());
    }

    private static Wrk.Load load(Bench bench, URI target, int seconds) throws IOException, InterruptedException {
        return new Wrk(bench.directory())
                .post(target, Muster.batch(Peers.BATCH_SIZE, "/item"), Peers.BATCH_SIZE, 16, seconds);
    }

    private static void curve(Bench bench, Chart chart, String subject, URI target, double capacity)
            throws InterruptedException {
        byte[] batch = Muster.batch(Peers.BATCH_SIZE, "/item").getBytes(UTF_8);
        List<Chart.Point> typical = new ArrayList<>();
        List<Chart.Point> slow = new ArrayList<>();
        try (var client = new Client(CONNECTIONS)) {
            var load = new OpenLoop(client);
            load.run(target, batch, capacity * 0.3, bench.settings().roundSeconds());
            for (double share : SHARES) {
                List<Double> medians = new ArrayList<>();
                List<Double> p99s = new ArrayList<>();
                int failed = 0;
                for (int round = 0; round < bench.settings().rounds(); round++) {
                    var shots = load.run(
                            target, batch, capacity * share, bench.settings().roundSeconds());
                    var millis = new Samples(
                            shots.stream().map(OpenLoop.Shot::millis).toList());
                    medians.add(millis.median());
                    p99s.add(millis.quantile(0.99));
                    failed += (int)
                            shots.stream().filter(shot -> !shot.succeeded()).count();
                }
                var p99 = new Samples(p99s);
                String at = ", %s, at %.0f %% of Muster's capacity".formatted(subject, share * 100);
                bench.add("latency p50" + at, "ms", new Samples(medians));
                bench.add("latency p99" + at, "ms", p99);
                if (failed > 0) {
                    bench.note("not answered 200" + at, Integer.toString(failed));
                }
                typical.add(new Chart.Point(capacity * share, new Samples(medians).median()));
                slow.add(new Chart.Point(capacity * share, p99.median()));
                if (p99.median() > HOPELESS_MILLIS) {
                    break;
                }
            }
        }
        chart.line(subject.split(",", 2)[0] + ", p50", typical);
        chart.line(subject.split(",", 2)[0] + ", p99", slow);
    }
}
