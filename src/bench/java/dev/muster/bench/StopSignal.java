package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Whether a stop loses a batch that was taken on.
final class StopSignal implements Row {

    private static final int CLIENTS = 32;
    private static final Duration GRACE = Duration.ofSeconds(30);

    @Override
    public String name() {
        return "stop";
    }

    @Override
    public String what() {
        return "SIGTERM under load: batches that were reached by no answer, and how long the process then lives";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        byte[] batch = Muster.batch(Peers.BATCH_SIZE, "/wait/100").getBytes(UTF_8);
        List<Double> lost = new ArrayList<>();
        List<Double> lived = new ArrayList<>();
        List<Double> finished = new ArrayList<>();
        try (var upstream = new TimedUpstream()) {
            for (int round = 0; round < bench.settings().rounds(); round++) {
                try (var client = new Client(CLIENTS);
                        var muster = Muster.start(bench, upstream.base())) {
                    var counts = new Counts();
                    var load = Flux.range(0, CLIENTS)
                            .flatMap(_ -> counts.loop(client, muster, batch), CLIENTS)
                            .subscribe();
                    Thread.sleep(Duration.ofSeconds(5));
                    long before = counts.answered.get();
                    long signalled = System.nanoTime();
                    muster.server().terminate();
                    Checks.that(muster.server().awaitEnd(GRACE), "it still runs after the grace period");
                    lived.add((System.nanoTime() - signalled) / 1e9);
                    Thread.sleep(Duration.ofMillis(500));
                    load.dispose();
                    lost.add((double) counts.lost.get());
                    finished.add((double) (counts.answered.get() - before));
                    bench.note(
                            "stop signal, round " + (round + 1),
                            "answered %d, then refused with 503 %d, cut off while it was asked or answered %d"
                                    .formatted(counts.answered.get(), counts.refused.get(), counts.lost.get()));
                }
            }
        }
        bench.add("stop signal under load: batches answered after it", "", new Samples(finished));
        bench.add("stop signal under load: batches without an answer", "", new Samples(lost), 0);
        bench.add(
                "stop signal under load: until the process ends", "s", new Samples(lived), (double) GRACE.toSeconds());
    }

    /// What became of the batches. A connection that cannot be opened any more is no batch.
    private static final class Counts {

        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();
        private final AtomicInteger lost = new AtomicInteger();

        private Flux<Integer> loop(Client client, Muster muster, byte[] batch) {
            return client.post(muster.batches(), batch)
                    .map(answer -> answer.status() == 200 ? answered : refused)
                    .onErrorResume(failure -> failure instanceof ConnectException ? Mono.empty() : Mono.just(lost))
                    .map(AtomicInteger::incrementAndGet)
                    .repeat(() -> muster.server().isAlive());
        }
    }
}
