package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// What becomes of ten times the load that Muster carries: the surplus is refused, and who is taken on is served.
final class Overload implements Row {

    private static final int FACTOR = 10;
    /// What a caller may wait past the deadline of its batch, which also pays for the way there and back.
    private static final double GRACE_MILLIS = 100;

    @Override
    public String name() {
        return "overload";
    }

    @Override
    public String what() {
        return "10 times what Muster carries, open loop: what is shed, and when the accepted batches are answered";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        byte[] batch = Muster.batch(Peers.BATCH_SIZE, "/item").getBytes(UTF_8);
        try (var upstream = Nginx.upstream(bench.directory());
                var client = new Client(4000);
                var muster = Muster.start(bench, upstream.base())) {
            double capacity = Latency.capacity(bench, muster);
            bench.note("capacity before the overload", "%.0f batches of 100 per second".formatted(capacity));
            var rounds = new Rounds();
            for (int round = -1; round < bench.settings().rounds(); round++) {
                long startedAt = System.nanoTime();
                var shots = new OpenLoop(client)
                        .run(
                                muster.batches(),
                                batch,
                                capacity * FACTOR,
                                bench.settings().choose(3, 6));
                if (round >= 0) {
                    rounds.add(shots, (System.nanoTime() - startedAt) / 1e9);
                }
            }
            rounds.report(bench);
            // The overload is over: everything is answered again.
            Checks.allSucceeded(client.post(muster.batches(), batch).block(), Peers.BATCH_SIZE);
        }
    }

    private static final class Rounds {

        private final List<Double> accepted = new ArrayList<>();
        private final List<Double> shed = new ArrayList<>();
        private final List<Double> unanswered = new ArrayList<>();
        private final List<Double> withoutRetryAfter = new ArrayList<>();
        private final List<Double> elapsed = new ArrayList<>();
        private final List<Double> complete = new ArrayList<>();

        void add(List<OpenLoop.Shot> shots, double seconds) {
            var answers = shots.stream().map(OpenLoop.Shot::answer).toList();
            var taken = answers.stream()
                    .filter(answer -> answer != null && answer.status() == 200)
                    .map(Checks::document)
                    .toList();
            var refused = answers.stream()
                    .filter(answer -> answer != null && Set.of(429, 503).contains(answer.status()))
                    .toList();
            accepted.add(taken.size() / seconds);
            shed.add(refused.size() / seconds);
            unanswered.add((double) (shots.size() - taken.size() - refused.size()));
            withoutRetryAfter.add((double) refused.stream()
                    .filter(answer -> answer != null && !answer.headers().contains("Retry-After"))
                    .count());
            Checks.that(!taken.isEmpty(), "no batch was accepted");
            elapsed.add(new Samples(taken.stream()
                            .map(document -> document.path("elapsedMs").doubleValue())
                            .toList())
                    .quantile(0.99));
            complete.add((double) taken.stream()
                            .filter(document ->
                                    document.path("outcome").asString("").equals("complete"))
                            .count()
                    / taken.size());
        }

        void report(Bench bench) {
            bench.add("overload: batches accepted", "/s", new Samples(accepted));
            bench.add("overload: share of the accepted that is complete", "", new Samples(complete));
            bench.add("overload: batches shed with 503 or 429", "/s", new Samples(shed));
            bench.add("overload: shed without Retry-After", "", new Samples(withoutRetryAfter), 0);
            bench.add("overload: neither answered nor shed", "", new Samples(unanswered), 0);
            bench.add(
                    "overload: accepted batches with 1 s are answered after, p99",
                    "ms",
                    new Samples(elapsed),
                    1000 + GRACE_MILLIS);
        }
    }
}
