package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.acceptance.EventStream;
import dev.muster.acceptance.LineClient;
import dev.muster.acceptance.Media;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Batches without end, through a pod.
@Timeout(300)
class ManyLinesTest {

    private static final int LINES = 60_000;
    private static final int SLOW_READERS = 64;
    private static final int LARGE = 3;
    private static final int BATCHES = 50;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private PodUpstream upstream;
    private Pod pod;

    @BeforeEach
    void start() throws Exception {
        upstream = PodUpstream.start();
        pod = Pod.start(
                directory,
                List.of(
                        "muster.gateway.timeout=15s",
                        "muster.services.default.timeout=10s",
                        "muster.services.default.connect-timeout=5s",
                        "muster.gateway.write-timeout=5m",
                        "muster.egress.allow=127.0.0.0/8",
                        "muster.egress.ports=*"));
    }

    @AfterEach
    void stop() throws Exception {
        pod.close();
        upstream.close();
    }

    @Test
    void manyTakeTheMemoryOfFew() throws Exception {
        try (var client = open("concurrency=64")) {
            Thread.ofVirtual().start(() -> send(client, "/item", LINES));
            EventStream results = client.answer(Media.NDJSON);
            skip(results, LINES / 6);
            long early = pod.residentBytes();
            skip(results, LINES - LINES / 6);
            long late = pod.residentBytes();

            assertSummary(results, "complete", LINES);
            assertThat(late).isLessThan(early + (64 << 20));
            assertThat(upstream.requests("/item")).isEqualTo(LINES);
        }
    }

    @Test
    void slowReadersOfLargeResponsesEndNothing() throws Exception {
        List<LineClient> slow = new ArrayList<>();
        try (var client = HttpClient.newHttpClient();
                var other = open("concurrency=64")) {
            for (int i = 0; i < SLOW_READERS; i++) {
                LineClient one = open("concurrency=4");
                slow.add(one);
                send(one, "/large", LARGE);
            }
            Thread.ofVirtual().start(() -> send(other, "/item", LINES / 20));
            String batch = "{\"requests\": [\"%s\", \"%s\"]}".formatted(url("/item"), url("/other"));
            for (int i = 0; i < BATCHES; i++) {
                var answer = client.send(pod.batch(batch, PATIENCE).build(), BodyHandlers.ofString());
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                assertThat(answer.body()).contains("\"outcome\":\"complete\"");
            }
            EventStream results = other.answer(Media.NDJSON);
            skip(results, LINES / 20);
            assertSummary(results, "complete", LINES / 20);

            for (LineClient one : slow) {
                EventStream large = one.answer(Media.NDJSON);
                skip(large, LARGE);
                assertSummary(large, "complete", LARGE);
            }
            assertThat(pod.isAlive()).as(pod.log()).isTrue();
            assertThat(pod.log()).doesNotContain("ERROR", "\tat ");
        } finally {
            slow.forEach(LineClient::close);
        }
    }

    private LineClient open(String query) {
        return new LineClient(pod.port(), query, "text/uri-list", Media.NDJSON);
    }

    private String url(String path) {
        return "http://127.0.0.1:%d%s".formatted(upstream.port(), path);
    }

    private void send(LineClient client, String path, int lines) {
        String line = url(path) + "\n";
        for (int sent = 0; sent < lines; sent += 1_000) {
            client.send(line.repeat(Math.min(1_000, lines - sent)));
        }
        client.end();
    }

    private static void skip(EventStream results, int number) {
        for (int i = 0; i < number; i++) {
            JsonNode result = results.next().orElseThrow().data();
            assertThat(result.path("outcome").asString())
                    .as("%s", result.path("error"))
                    .isEqualTo("succeeded");
        }
    }

    private static void assertSummary(EventStream results, String outcome, int lines) {
        assertThat(Stream.of(results.next().orElseThrow())).allSatisfy(event -> {
            assertThat(event.kind()).isEqualTo("summary");
            assertThat(event.data().path("outcome").asString()).isEqualTo(outcome);
            assertThat(event.data().path("lines").intValue()).isEqualTo(lines);
        });
        assertThat(results.next()).isEmpty();
    }
}
