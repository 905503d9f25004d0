package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Whether a batch is answered at its deadline when its upstream never answers, while the machine is busy with others.
final class BlackHole implements Row {

    private static final int CALLS = 20;
    private static final int BATCHES_PER_SECOND = 10;

    @Override
    public String name() {
        return "black-hole";
    }

    @Override
    public String what() {
        return "a batch with a deadline of 1 s, upstream black-holed, others under load: when it is answered";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        byte[] holed = Muster.batch("hole", Collections.nCopies(CALLS, "/hole"), "\"timeout\":\"1s\",")
                .getBytes(UTF_8);
        byte[] background = Muster.batch(Peers.BATCH_SIZE, "/item").getBytes(UTF_8);
        try (var nginx = Nginx.upstream(bench.directory());
                var upstream = new TimedUpstream();
                var client = new Client(1000);
                var muster = Muster.start(
                        bench,
                        nginx.base(),
                        "muster.services.hole.base-url=" + upstream.base(),
                        // The batch's deadline is the one that is to pass first.
                        "muster.services.hole.timeout=10s",
                        "muster.gateway.timeout=1s",
                        // A breaker would not let a batch wait for an upstream that never
                        // answers.
                        "resilience4j.circuitbreaker.instances.hole.base-config=default",
                        "resilience4j.circuitbreaker.instances.hole.minimum-number-of-calls=1000000")) {
            var load = new OpenLoop(client);
            double rate = 0.5 * Latency.capacity(bench, muster);
            bench.note(
                    "load beside the black hole",
                    "%.0f batches of %d calls per second, half of what it carries".formatted(rate, Peers.BATCH_SIZE));
            List<Double> rounds = new ArrayList<>();
            List<Double> slowest = new ArrayList<>();
            List<Double> soonest = new ArrayList<>();
            List<Double> own = new ArrayList<>();
            for (int round = -1; round < bench.settings().rounds(); round++) {
                int seconds = bench.settings().choose(5, 15);
                var busy = CompletableFuture.supplyAsync(() -> fire(load, muster, background, rate, seconds + 2));
                var shots = load.run(muster.batches(), holed, BATCHES_PER_SECOND, seconds);
                busy.join();
                // The first round warms the load generator up, which takes its part of the machine for it.
                if (round >= 0) {
                    own.add(new Samples(shots.stream()
                                    .map(shot -> Checks.document(Checks.answered(shot.answer()))
                                            .path("elapsedMs")
                                            .doubleValue())
                                    .toList())
                            .quantile(0.99));
                    var millis = new Samples(
                            shots.stream().map(OpenLoop.Shot::millis).toList());
                    rounds.add(millis.quantile(0.99));
                    slowest.add(millis.max());
                    soonest.add(millis.min());
                }
            }
            bench.add("black-holed batch with 1 s, answered after, p99", "ms", new Samples(rounds), 1020);
            bench.add(
                    "the same by Muster's own clock, from the batch's arrival to its summary", "ms", new Samples(own));
            bench.add("black-holed batch with 1 s, answered after, latest", "ms", new Samples(slowest));
            bench.add("black-holed batch with 1 s, answered after, soonest", "ms", new Samples(soonest));
        }
    }

    private static List<OpenLoop.Shot> fire(OpenLoop load, Muster muster, byte[] batch, double rate, int seconds) {
        try {
            return load.run(muster.batches(), batch, rate, seconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return List.of();
        }
    }
}
