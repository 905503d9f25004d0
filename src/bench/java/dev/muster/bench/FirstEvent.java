package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// How soon a result leaves while its siblings are still under way.
final class FirstEvent implements Row {

    private static final int CALLS = 500;
    private static final String FAST = "/wait/50";
    private static final String SLOW = "/wait/200";

    @Override
    public String name() {
        return "first-event";
    }

    @Override
    public String what() {
        return "as-completed: from the fastest upstream's answer to the client's first event, 499 slow siblings";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        List<String> paths = Stream.concat(
                        IntStream.range(1, CALLS).mapToObj(call -> SLOW + "?" + call), Stream.of(FAST))
                .toList();
        byte[] batch = Muster.batch(paths, "\"strategy\":\"as-completed\",").getBytes(UTF_8);
        int batches = bench.settings().choose(30, 100);
        try (var upstream = new TimedUpstream();
                var client = new Client(1);
                var muster = Muster.start(
                        bench, upstream.base(), Muster.patient("muster.gateway.max-concurrency=" + CALLS))) {
            Latency.warm(bench, muster.batches());
            List<Double> rounds = new ArrayList<>();
            List<Double> typical = new ArrayList<>();
            for (int round = -1; round < bench.settings().rounds(); round++) {
                List<Double> millis = new ArrayList<>();
                for (int i = 0; i < batches; i++) {
                    once(upstream, client, muster, batch).ifPresent(millis::add);
                }
                // A cold JVM may time calls out.
                if (round >= 0) {
                    Checks.that(
                            millis.size() == batches,
                            "calls of %d batches did not succeed".formatted(batches - millis.size()));
                    rounds.add(new Samples(millis).quantile(0.99));
                    typical.add(new Samples(millis).median());
                }
            }
            bench.add("first as-completed event after the fastest answer, p99", "ms", new Samples(rounds), 5);
            bench.add("first as-completed event after the fastest answer, p50", "ms", new Samples(typical));
        }
    }

    private static OptionalDouble once(TimedUpstream upstream, Client client, Muster muster, byte[] batch) {
        upstream.forget();
        var firstAt = new AtomicLong();
        var events = new StringBuilder();
        client.stream(muster.batches(), batch, Client.EVENTS)
                .doOnNext(buffer -> note(buffer, firstAt, events))
                .blockLast();
        return events.indexOf("\"succeeded\":" + CALLS) > 0
                ? OptionalDouble.of((firstAt.get() - upstream.answered(FAST)) / 1e6)
                : OptionalDouble.empty();
    }

    private static void note(ByteBuf buffer, AtomicLong firstAt, StringBuilder events) {
        String text = buffer.toString(UTF_8);
        if (firstAt.get() == 0 && text.contains("event:")) {
            firstAt.set(System.nanoTime());
        }
        events.append(text);
    }
}
