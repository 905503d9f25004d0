package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// How soon an upstream that lost is told, by the end of its connection.
final class Losers implements Row {

    private static final int LOSERS = 99;
    private static final String WINNER = "/wait/50";

    @Override
    public String name() {
        return "losers";
    }

    @Override
    public String what() {
        return "first-completed: from the winner's answer to the close of each of 99 losers' connections, upstream";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        List<String> paths = Stream.concat(
                        IntStream.range(0, LOSERS).mapToObj(call -> "/hole?" + call), Stream.of(WINNER))
                .toList();
        byte[] batch = Muster.batch(paths, "\"strategy\":\"first-completed\",").getBytes(UTF_8);
        int batches = bench.settings().choose(15, 40);
        try (var upstream = new TimedUpstream();
                var client = new Client(1);
                var muster = Muster.start(bench, upstream.base(), Muster.patient())) {
            Latency.warm(bench, muster.batches());
            List<Double> rounds = new ArrayList<>();
            List<Double> first = new ArrayList<>();
            List<Double> typical = new ArrayList<>();
            for (int round = -2; round < bench.settings().rounds(); round++) {
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < batches; i++) {
                    millis.addAll(once(upstream, client, muster, batch, round >= 0));
                }
                if (round >= 0) {
                    rounds.add(new Samples(millis).quantile(0.99));
                    first.add(new Samples(millis).min());
                    typical.add(new Samples(millis).median());
                }
            }
            bench.add("losers' connections closed after the winner's answer, p99", "ms", new Samples(rounds), 10);
            bench.add("losers' connections closed after the winner's answer, p50", "ms", new Samples(typical));
            bench.add("losers' connections closed after the winner's answer, soonest", "ms", new Samples(first));
        }
    }

    private static List<Double> once(TimedUpstream upstream, Client client, Muster muster, byte[] batch, boolean warm)
            throws InterruptedException {
        upstream.forget();
        var answer = client.post(muster.batches(), batch).block();
        if (answer == null || answer.status() != 200) {
            Checks.that(!warm, "there was no winner");
            return List.of();
        }
        long patience = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (upstream.abandoned().size() < LOSERS && System.nanoTime() < patience) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        Checks.that(upstream.abandoned().size() == LOSERS, "a loser's connection is still open after 5 s");
        long won = upstream.answered(WINNER);
        return upstream.abandoned().values().stream()
                .map(closed -> (closed - won) / 1e6)
                .toList();
    }
}
