package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/// One caller and another, none of them with a rate, over the wire: what one of them takes is not refused to the other.
@Timeout(300)
class FairnessTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int GREEDY_CONNECTIONS = 200;
    private static final int GREEDY_CALLS = 100;
    private static final int MODEST_CALLS = 12;
    private static final int BATCHES = 30;

    /// With the memory for batches that a heap of 64 MB has, and one of 512 MB.
    @ParameterizedTest
    @CsvSource({"muster.callers.greedy.share=0.5, 16MB", "'', 240MB"})
    void aModestCallerIsNeverRefusedBesideAGreedyOne(String share, String maxBuffered) throws Exception {
        LoopResources loops = LoopResources.create("upstream", 1, true);
        var upstream = HttpServer.create()
                .runOn(loops)
                .host("127.0.0.1")
                .port(0)
                .handle((_, response) -> response.sendString(Mono.just("{}")))
                .bindNow();
        try (var muster = StartedMuster.with(
                        share.isEmpty() ? "muster.auth.mode=api-key" : share,
                        "muster.auth.mode=api-key",
                        "muster.auth.api-keys.greedy=" + sha256("greedy"),
                        "muster.auth.api-keys.modest=" + sha256("modest"),
                        "muster.services.up.base-url=http://127.0.0.1:" + upstream.port(),
                        "muster.services.up.timeout=20s",
                        "muster.gateway.timeout=20s",
                        // No more than there are connections for: those are first come, first served.
                        "muster.gateway.max-in-flight=256",
                        "muster.gateway.max-queue-time=250ms",
                        "muster.gateway.max-buffered=" + maxBuffered);
                var greedy = new Client("greedy", muster.port(), GREEDY_CALLS);
                var modest = new Client("modest", muster.port(), MODEST_CALLS)) {
            batches(modest);
            Times alone = batches(modest);
            var refused = new AtomicInteger();
            var flood = Flux.range(0, GREEDY_CONNECTIONS)
                    .flatMap(
                            _ -> greedy.post()
                                    .doOnNext(answer -> refused.addAndGet(answer.whole() ? 0 : 1))
                                    .retry()
                                    .repeat(),
                            GREEDY_CONNECTIONS)
                    .subscribe();
            try {
                await().atMost(PATIENCE).until(() -> refused.get() > GREEDY_CONNECTIONS);

                Times beside = batches(modest);

                System.out.printf(
                        "One batch of %d calls at a time with %s: alone %s; beside %d connections with %d calls each %s%n",
                        MODEST_CALLS, maxBuffered, alone, GREEDY_CONNECTIONS, GREEDY_CALLS, beside);
            } finally {
                flood.dispose();
            }
        } finally {
            upstream.disposeNow();
            loops.dispose();
        }
    }

    private static Times batches(Client client) {
        List<Long> nanos = new ArrayList<>();
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            long before = System.nanoTime();
            answers.add(Objects.requireNonNull(client.post().block(PATIENCE)));
            nanos.add(System.nanoTime() - before);
        }
        assertThat(answers).as("refused or not whole").allMatch(Answer::whole);
        return new Times(nanos.stream().sorted().toList());
    }

    private record Times(List<Long> sortedNanos) {

        @Override
        public String toString() {
            return "p50 %d ms, p99 %d ms".formatted(millis(0.5), millis(0.99));
        }

        private long millis(double part) {
            return TimeUnit.NANOSECONDS.toMillis(sortedNanos.get((int) (part * sortedNanos.size())));
        }
    }

    private record Answer(int status, String document) {

        boolean whole() {
            return status == 200 && document.contains("\"outcome\":\"complete\"");
        }
    }

    /// With an event loop of its own, so that none waits for what another does.
    private static final class Client implements AutoCloseable {

        private final LoopResources loop;
        private final HttpClient http;
        private final String batch;

        Client(String key, int port, int calls) {
            this.loop = LoopResources.create(key, 1, true);
            this.http = HttpClient.create(ConnectionProvider.create(key, GREEDY_CONNECTIONS))
                    .runOn(loop)
                    .baseUrl("http://127.0.0.1:" + port)
                    .headers(headers ->
                            headers.set("Content-Type", "application/json").set("X-API-Key", key));
            this.batch = "{\"requests\":[%s]}"
                    .formatted(String.join(",", Collections.nCopies(calls, "{\"service\":\"up\",\"path\":\"/\"}")));
        }

        Mono<Answer> post() {
            return http.post()
                    .uri("/batches")
                    .send(ByteBufFlux.fromString(Mono.just(batch)))
                    .responseSingle((head, body) -> body.asString()
                            .defaultIfEmpty("")
                            .map(text -> new Answer(head.status().code(), text)));
        }

        @Override
        public void close() {
            loop.dispose();
        }
    }

    private static String sha256(String key) throws NoSuchAlgorithmException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        return "sha256:" + HexFormat.of().formatHex(hash);
    }
}
