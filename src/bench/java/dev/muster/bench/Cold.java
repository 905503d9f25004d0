package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;

/// What an instance does that has just become ready, with its default deadlines.
final class Cold implements Row {

    private static final int PAGE = 12;
    private static final int CLIENTS = 16;

    @Override
    public String name() {
        return "cold";
    }

    @Override
    public String what() {
        return "just ready, in clear text and by TLS: a first batch of 12 calls; 16 clients with batches of 100";
    }

    @Override
    public void measure(Bench bench) throws IOException, InterruptedException {
        try (var upstream = Nginx.upstream(bench.directory());
                var client = new Client(1)) {
            // The client shares this JVM with all rows, and must not be cold itself.
            client.post(upstream.base(), "{}".getBytes(UTF_8)).block();
            List<String> launch = Start.withCache(bench, upstream.base());
            measure(bench, launch, "in clear text", upstream.base());
            Path certificate = bench.directory().resolve(Nginx.CERTIFICATE);
            measure(
                    bench,
                    launch,
                    "by TLS",
                    upstream.https(),
                    "muster.services.up.ssl-bundle=up",
                    "spring.ssl.bundle.pem.up.truststore.certificate=" + certificate);
        }
    }

    private static void measure(Bench bench, List<String> launch, String how, URI upstream, String... properties)
            throws IOException, InterruptedException {
        byte[] page = Muster.batch(PAGE, "/item").getBytes(UTF_8);
        byte[] batch = Muster.batch(Peers.BATCH_SIZE, "/item").getBytes(UTF_8);
        var time = Duration.ofSeconds(bench.settings().choose(6, 12));
        List<Double> millis = new ArrayList<>();
        List<Double> pageSucceeded = new ArrayList<>();
        List<Double> complete = new ArrayList<>();
        List<Double> succeeded = new ArrayList<>();
        List<Double> refused = new ArrayList<>();
        for (int round = 0; round < bench.settings().rounds(); round++) {
            try (var client = new Client(CLIENTS);
                    var muster = Muster.launch(bench, launch, upstream, properties)) {
                long sentAt = System.nanoTime();
                Client.Answer first =
                        Checks.answered(client.post(muster.batches(), page).block());
                millis.add((System.nanoTime() - sentAt) / 1e6);
                pageSucceeded.add((double) succeeded(Checks.document(first)));
            }
            try (var client = new Client(CLIENTS);
                    var muster = Muster.launch(bench, launch, upstream, properties)) {
                List<Client.Answer> answers = closedLoop(client, muster, batch, time);
                List<JsonNode> taken = answers.stream()
                        .filter(answer -> answer.status() == 200)
                        .map(Checks::document)
                        .toList();
                long calls = taken.stream().mapToLong(Cold::succeeded).sum();
                complete.add(taken.stream()
                                .filter(document -> succeeded(document) == Peers.BATCH_SIZE)
                                .count()
                        / (double) time.toSeconds());
                succeeded.add(calls / (double) (taken.size() * Peers.BATCH_SIZE));
                refused.add((answers.size() - taken.size()) / (double) time.toSeconds());
            }
        }
        bench.add("cold, %s: first batch of 12 answered after".formatted(how), "ms", new Samples(millis));
        bench.add("cold, %s: calls of it that succeeded".formatted(how), "", new Samples(pageSucceeded));
        bench.add("cold, %s, 16 clients: batches of 100 complete".formatted(how), "/s", new Samples(complete));
        bench.add(
                "cold, %s, 16 clients: share of the calls taken on that succeeded".formatted(how),
                "",
                new Samples(succeeded));
        bench.add("cold, %s, 16 clients: batches refused".formatted(how), "/s", new Samples(refused));
    }

    /// Each client sends its next batch when it has the answer to the last.
    private static List<Client.Answer> closedLoop(Client client, Muster muster, byte[] batch, Duration time) {
        return Flux.range(0, CLIENTS)
                .flatMap(_ -> client.post(muster.batches(), batch).repeat().take(time), CLIENTS)
                .collectList()
                .blockOptional()
                .orElseThrow();
    }

    private static long succeeded(JsonNode document) {
        return document.path("counts").path("succeeded").longValue();
    }
}
