package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.muster.acceptance.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Everything that can go wrong at once, for long: what is left behind when it is over.
final class MixedFaults implements Row {

    private static final int CLIENTS = 16;
    private static final int CALLS = 40;
    private static final int PERMITS = 512;
    private static final double SHARE_OF_FAULTS = 0.3;
    private static final double SHARE_OF_DISCONNECTS = 0.2;
    private static final List<String> STRATEGIES = List.of("gather", "as-completed", "first-completed", "wait");
    private static final List<String> ACCEPTED = List.of(Client.JSON, Client.EVENTS, Client.NDJSON);
    private static final Duration QUIET = Duration.ofSeconds(12);

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public String what() {
        return "10 minutes of mixed faults, disconnects and cancels at full load, leak detection at paranoid";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        var minutes = Duration.ofSeconds(bench.settings().choose(60, 600));
        var upstream = new FaultServer();
        List<String> launch = List.of(
                "-XX:+UseSerialGC", "-Xmx192m", "-Dio.netty.leakDetection.level=paranoid", "-jar", "target/muster.jar");
        try (var client = new Client(PERMITS);
                var muster = Muster.launch(
                        bench,
                        launch,
                        upstream.base(),
                        "muster.gateway.max-in-flight=" + PERMITS,
                        "muster.gateway.max-concurrency=" + PERMITS,
                        "muster.services.up.max-connections=" + PERMITS,
                        "muster.services.calm.base-url=" + upstream.base(),
                        "muster.services.calm.timeout=900ms",
                        "muster.services.calm.max-connections=" + PERMITS,
                        "muster.services.narrow.base-url=" + upstream.base(),
                        "muster.services.narrow.max-connections=1")) {
            run(muster, client, upstream, Duration.ofSeconds(10), new AtomicLong(), new ArrayList<>());
            client.post(muster.batches(), waiting()).block();
            quieten(upstream);
            // First, as the JVM has a thread and a socket for whoever asks this.
            double liveBefore = liveMegabytes(muster);
            int sockets = muster.server().sockets();
            int threads = muster.server().threads();
            var batches = new AtomicLong();
            List<Chart.Point> curve = new ArrayList<>();
            run(muster, client, upstream, minutes, batches, curve);
            quieten(upstream);
            bench.note(
                    "soak",
                    "%d s, %d batches of %d calls, %.0f %% of the calls faulty, %.0f %% of the clients gone early"
                            .formatted(
                                    minutes.toSeconds(),
                                    batches.get(),
                                    CALLS,
                                    SHARE_OF_FAULTS * 100,
                                    SHARE_OF_DISCONNECTS * 100));
            bench.add(
                    "soak: sockets left open",
                    "",
                    Samples.of(Math.max(0, muster.server().sockets() - sockets)),
                    0);
            bench.add(
                    "soak: threads left",
                    "",
                    Samples.of(Math.max(0, muster.server().threads() - threads)),
                    0);
            bench.add("soak: calls left upstream", "", Samples.of(upstream.inFlight()), 0);
            bench.add("soak: buffers leaked", "", Samples.of(leaks(muster)), 0);
            bench.add("soak: permits lost", "", Samples.of(permitsLost(muster, client, upstream)), 0);
            bench.add("soak: live heap, after / before", "×", Samples.of(liveMegabytes(muster) / liveBefore), 1.1);
            bench.plot(
                    "soak",
                    new Chart("Resident memory under mixed faults, paranoid leak detection", "s", "MB")
                            .line("Muster, -Xmx192m", curve)
                            .svg());
        }
    }

    private static void run(
            Muster muster,
            Client client,
            FaultServer upstream,
            Duration howLong,
            AtomicLong batches,
            List<Chart.Point> curve)
            throws InterruptedException {
        long startedAt = System.nanoTime();
        var load = Flux.range(0, CLIENTS)
                .flatMap(
                        seed -> {
                            var random = new SplittableRandom(seed);
                            return Mono.defer(() -> batch(muster, client, random))
                                    .doOnSuccess(_ -> batches.incrementAndGet())
                                    .repeat();
                        },
                        CLIENTS)
                .subscribe();
        while (System.nanoTime() - startedAt < howLong.toNanos()) {
            Thread.sleep(Duration.ofSeconds(1));
            upstream.forget();
            Checks.that(muster.server().isAlive(), "Muster has ended");
            curve.add(new Chart.Point(
                    (System.nanoTime() - startedAt) / 1e9, muster.server().residentMegabytes()));
        }
        load.dispose();
    }

    /// One batch, of which the client may see the end or not.
    private static Mono<Void> batch(Muster muster, Client client, SplittableRandom random) {
        String strategy = STRATEGIES.get(random.nextInt(STRATEGIES.size()));
        List<String> paths =
                IntStream.range(0, CALLS).mapToObj(_ -> path(random)).toList();
        byte[] document =
                Muster.batch(paths, "\"strategy\":\"%s\",".formatted(strategy)).getBytes(UTF_8);
        var answer = client.stream(muster.batches(), document, ACCEPTED.get(random.nextInt(ACCEPTED.size())));
        return (random.nextDouble() < SHARE_OF_DISCONNECTS
                        ? answer.take(Duration.ofMillis(random.nextInt(150)))
                        : answer)
                .then()
                .onErrorComplete();
    }

    private static String path(SplittableRandom random) {
        var faults = FaultServer.paths();
        return random.nextDouble() < SHARE_OF_FAULTS
                ? faults.get(random.nextInt(faults.size()))
                : random.nextBoolean() ? "/ok" : "/delay/" + random.nextInt(100);
    }

    /// One call waits for the other's connection: what times that has a thread from the first of them on.
    private static byte[] waiting() {
        return Muster.batch("narrow", List.of("/delay/50", "/delay/50"), "").getBytes(UTF_8);
    }

    /// Idle connections are closed after 4 s, the batches' deadline is 1 s.
    private static void quieten(FaultServer upstream) throws InterruptedException {
        Thread.sleep(QUIET);
        upstream.forget();
    }

    private static double leaks(Muster muster) throws IOException {
        return muster.server()
                .log()
                .lines()
                .filter(line -> line.contains("LEAK"))
                .count();
    }

    /// How many of the permits a batch that needs them all does not get.
    private static double permitsLost(Muster muster, Client client, FaultServer upstream) {
        byte[] batch = Muster.batch("calm", Collections.nCopies(PERMITS, "/delay/500"), "")
                .getBytes(UTF_8);
        client.post(muster.batches(), batch).block();
        return PERMITS - upstream.mostInFlight();
    }

    /// What the heap holds after a full collection, without what fills its gaps.
    private static double liveMegabytes(Muster muster) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            var process = new ProcessBuilder(jcmd, Long.toString(muster.server().pid()), "GC.class_histogram").start();
            // NUMBER: INSTANCES BYTES CLASS
            return new String(process.getInputStream().readAllBytes(), UTF_8)
                            .lines()
                            .map(line -> line.strip().split(" +", -1))
                            .filter(line -> line.length >= 4 && line[2].matches("[0-9]+"))
                            .filter(line -> !line[3].contains("FillerElement") && !line[3].contains("FillerObject"))
                            .mapToLong(line -> Long.parseLong(line[2]))
                            .sum()
                    / 1048576.0;
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }
}
