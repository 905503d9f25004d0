package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What an instance that has just said that it is ready has yet to do for its first batch.
///
/// Judged by the classes that it loads, which are most of what such a batch would wait for, and the same on any
/// machine, however busy. An instance that is not warm loads 150.
@Timeout(180)
class FirstBatchTest {

    private static final int FEW = 25;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String KEY = "0123456789abcdef0123456789abcdef";

    /// As the first of the console's examples, each call with the patience of a busy machine.
    private static final String BATCH = """
            {"strategy": "gather", "requests": [
                {"id": "stock", "service": "a", "path": "/delay/20"},
                {"id": "price", "service": "b", "path": "/delay/15"},
                {"id": "tax", "service": "c", "path": "/json"}]}
            """;

    private static final List<String> PATIENT = List.of(
            "muster.gateway.timeout=15s",
            "muster.services.default.timeout=15s",
            "muster.services.b.timeout=15s",
            "muster.services.c.timeout=15s");

    @TempDir
    Path directory;

    @Test
    void theFirstBatchFindsItsClassesLoadedAndNoTraceOfOthers() throws Exception {
        int simulator = Pod.freePort();
        try (var pod = demo(simulator);
                var client = HttpClient.newHttpClient()) {
            assertThat(classesLoadedFor(client, batch(pod, "application/json"))).hasSizeLessThan(FEW);
            assertThat(classesLoadedFor(client, batch(pod, "text/event-stream")))
                    .hasSizeLessThan(FEW);
            assertThat(classesLoadedFor(client, batch(pod, "application/x-ndjson")))
                    .hasSizeLessThan(FEW);

            var management = pod.management();
            await().untilAsserted(() -> assertThat(management.value("http_server_requests_seconds", "uri", "/batches"))
                    .isEqualTo(3));
            assertThat(management.value("muster_batches_seconds")).isEqualTo(3);
            assertThat(management.value("muster_calls_total")).isEqualTo(9);
            assertThat(management.get("musterservices", "*/*").body()).doesNotContain("warm-up");
            assertThat(client.send(seen(simulator), BodyHandlers.ofString()).body())
                    .contains("\"started\":9");
            assertThat(pod.log()).doesNotContain("WARN", "ERROR", "warm");
        }
    }

    @Test
    void whoIsAskedForAKeyFindsTheClassesLoadedToo() throws Exception {
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.US_ASCII)));
        try (var pod = demo(Pod.freePort(), "muster.auth.mode=api-key", "muster.auth.api-keys.alice=sha256:" + hash);
                var client = HttpClient.newHttpClient()) {
            assertThat(classesLoadedFor(
                            client, batch(pod, "application/json").header("Authorization", "Bearer " + KEY)))
                    .hasSizeLessThan(FEW);

            assertThat(client.send(batch(pod, "application/json").build(), BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(401);
        }
    }

    private Pod demo(int simulator, String... properties) throws IOException {
        return Pod.start(
                directory,
                List.of("-Xlog:class+load:file=" + classes()),
                Stream.of(
                                Stream.of("spring.profiles.active=demo", "muster.demo.port=" + simulator),
                                PATIENT.stream(),
                                Stream.of(properties))
                        .flatMap(all -> all)
                        .toList());
    }

    private Path classes() {
        return directory.resolve("classes.log");
    }

    private List<String> classesLoadedFor(HttpClient client, HttpRequest.Builder batch) throws Exception {
        int before = Files.readAllLines(classes()).size();
        var answer = client.send(batch.build(), BodyHandlers.ofString());
        List<String> loaded = Files.readAllLines(classes());
        assertThat(answer.body()).contains("\"outcome\":\"complete\"");
        return loaded.subList(before, loaded.size());
    }

    private static HttpRequest.Builder batch(Pod pod, String accept) {
        return pod.batch(BATCH, PATIENCE).header("Accept", accept);
    }

    private static HttpRequest seen(int simulator) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/seen".formatted(simulator)))
                .timeout(PATIENCE)
                .build();
    }
}
