package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;

/// What the process holds while very much is under way. Each round has a process of its own.
final class Memory implements Row {

    private static final int IN_FLIGHT = 10_000;
    private static final int BATCHES = 10;
    private static final int UPSTREAM_MILLIS = 8000;
    private static final int STREAMED_BATCH = 10_000;
    private static final long SAMPLE_MILLIS = 100;
    private static final double MOST_MEGABYTES = 256;

    /// The peak is what is asked for, so the heap is one that would do, not a quarter of the machine's memory.
    private static final List<String> HEAP = List.of("-XX:+UseSerialGC", "-Xmx128m");

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public String what() {
        return "resident memory: 10,000 calls in flight; a million calls streamed as NDJSON, 100 batches of 10,000";
    }

    @Override
    public void measure(Bench bench) throws Exception {
        bench.note(
                "JVM options of the row memory",
                bench.settings().javaOptions().isEmpty() ? String.join(" ", HEAP) : "as given");
        List<Double> waiting = new ArrayList<>();
        List<Double> streamed = new ArrayList<>();
        List<Chart.Point> waitingCurve = new ArrayList<>();
        List<Chart.Point> streamedCurve = new ArrayList<>();
        for (int round = 0; round < bench.settings().rounds(); round++) {
            waitingCurve.clear();
            streamedCurve.clear();
            waiting.add(waiting(bench, waitingCurve));
            streamed.add(streamed(bench, streamedCurve));
        }
        bench.add("resident memory, 10,000 calls in flight, peak", "MB", new Samples(waiting), MOST_MEGABYTES);
        bench.add(
                "resident memory, %s calls streamed, peak"
                        .formatted(bench.settings().choose("100,000", "a million")),
                "MB",
                new Samples(streamed),
                MOST_MEGABYTES);
        bench.plot(
                "memory",
                new Chart("Resident memory over time", "s since the process was ready", "MB")
                        .line("10,000 in flight", waitingCurve)
                        .line("calls streamed", streamedCurve)
                        .svg());
    }

    private static Muster start(Bench bench, URI upstream) throws IOException, InterruptedException {
        List<String> launch = new ArrayList<>(
                bench.settings().javaOptions().isEmpty()
                        ? HEAP
                        : bench.settings().javaOptions());
        launch.addAll(List.of("-jar", "target/muster.jar"));
        return Muster.launch(
                bench,
                launch,
                upstream,
                "muster.gateway.timeout=60s",
                "muster.gateway.max-requests=" + STREAMED_BATCH,
                "muster.gateway.max-concurrency=1000",
                "muster.gateway.max-in-flight=" + IN_FLIGHT,
                "muster.services.up.timeout=30s",
                "muster.services.up.connect-timeout=5s",
                "muster.services.up.max-connections=" + IN_FLIGHT,
                "muster.services.up.max-pending=" + IN_FLIGHT);
    }

    private static double waiting(Bench bench, List<Chart.Point> curve) throws Exception {
        byte[] batch =
                Muster.batch(IN_FLIGHT / BATCHES, "/wait/" + UPSTREAM_MILLIS).getBytes(UTF_8);
        try (var upstream = new TimedUpstream();
                var client = new Client(BATCHES);
                var muster = start(bench, upstream.base())) {
            double peak = sampling(muster, curve, () -> {
                for (var answer : answers(client, muster, batch)) {
                    Checks.allSucceeded(answer, IN_FLIGHT / BATCHES);
                }
                return true;
            });
            Checks.that(
                    upstream.mostInFlight() == IN_FLIGHT,
                    "only %d calls were in flight at once".formatted(upstream.mostInFlight()));
            return peak;
        }
    }

    private static List<Client.Answer> answers(Client client, Muster muster, byte[] batch) {
        return Flux.fromStream(IntStream.range(0, BATCHES).boxed())
                .flatMap(_ -> client.post(muster.batches(), batch), BATCHES)
                .collectList()
                .blockOptional()
                .orElseThrow();
    }

    private static double streamed(Bench bench, List<Chart.Point> curve) throws Exception {
        byte[] batch = Muster.batch(STREAMED_BATCH, "/item").getBytes(UTF_8);
        int batches = bench.settings().choose(10, 100);
        try (var upstream = Nginx.upstream(bench.directory());
                var client = new Client(1);
                var muster = start(bench, upstream.base())) {
            long before = upstream.requests();
            double peak = sampling(muster, curve, () -> {
                for (int i = 0; i < batches; i++) {
                    long lines = lines(client, muster, batch);
                    Checks.that(lines == STREAMED_BATCH + 1, "a stream had %d lines".formatted(lines));
                }
                return true;
            });
            long asked = upstream.requests() - before;
            Checks.that(asked == (long) batches * STREAMED_BATCH, "the upstream was asked %d times".formatted(asked));
            return peak;
        }
    }

    private static long lines(Client client, Muster muster, byte[] batch) {
        var lines = new AtomicLong();
        client.stream(muster.batches(), batch, Client.NDJSON)
                .doOnNext(buffer -> lines.addAndGet(buffer.toString(UTF_8)
                        .chars()
                        .filter(character -> character == '\n')
                        .count()))
                .blockLast();
        return lines.get();
    }

    /// The most resident megabytes while `work` is done.
    private static double sampling(Muster muster, List<Chart.Point> curve, Callable<Boolean> work)
            throws InterruptedException, ExecutionException {
        double peak = 0;
        long startedAt = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> done = threads.submit(work);
            while (!done.isDone()) {
                double megabytes = muster.server().residentMegabytes();
                peak = Math.max(peak, megabytes);
                curve.add(new Chart.Point((System.nanoTime() - startedAt) / 1e9, megabytes));
                TimeUnit.MILLISECONDS.sleep(SAMPLE_MILLIS);
            }
            done.get();
        }
        return peak;
    }
}
