package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A pod that may open hardly another file.
@Timeout(120)
class DescriptorsTest {

    private static final int HOSTS = 60;
    private static final int FEW = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void whatThePodLacksIsToldAndCountsAgainstNoUpstream() throws Exception {
        try (var upstream = PodUpstream.start();
                var pod = Pod.start(
                        directory,
                        List.of("-cp", jars()),
                        List.of(
                                "muster.gateway.timeout=15s",
                                "muster.services.default.timeout=10s",
                                "muster.services.default.connect-timeout=5s",
                                "muster.egress.allow=127.0.0.0/8",
                                "muster.egress.ports=*",
                                "resilience4j.circuitbreaker.instances.default.minimum-number-of-calls=5",
                                "resilience4j.circuitbreaker.instances.default.sliding-window-size=20"));
                var client = HttpClient.newHttpClient()) {
            assertThat(outcomes(post(client, pod, batch(upstream.port(), 1, 1)), "succeeded"))
                    .isEqualTo(1);

            pod.limitDescriptors(pod.descriptors() + FEW);
            String shortOfThem = post(client, pod, batch(upstream.port(), 2, HOSTS));

            assertThat(outcomes(shortOfThem, "succeeded")).isPositive();
            assertThat(shortOfThem)
                    .contains("\"type\":\"overloaded\"", "no file descriptor is left for a connection")
                    .doesNotContain("connect-failed", "circuit-open", "protocol-error");
            assertThat(pod.log().lines().filter(line -> line.contains("no file descriptor is left")))
                    .hasSizeBetween(1, (int) PATIENCE.toSeconds());
            assertThat(pod.log()).doesNotContain("ERROR", "\tat ");

            pod.limitDescriptors(pod.descriptors() + 10 * HOSTS);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    outcomes(post(client, pod, batch(upstream.port(), 2, HOSTS)), "succeeded"))
                            .isEqualTo(HOSTS));
        }
    }

    /// A class path without directories, each class of which is a file to open.
    private String jars() {
        var jar = ToolProvider.findFirst("jar").orElseThrow();
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> !entry.isEmpty())
                .map(Path::of)
                .map(entry -> {
                    if (!Files.isDirectory(entry)) {
                        return entry;
                    }
                    Path packed = directory.resolve("classes-%d.jar".formatted(entry.hashCode()));
                    assertThat(jar.run(
                                    System.out,
                                    System.err,
                                    "--create",
                                    "--file=" + packed,
                                    "-C",
                                    entry.toString(),
                                    "."))
                            .as("exit code of jar")
                            .isZero();
                    return packed;
                })
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static String post(HttpClient client, Pod pod, String batch) throws Exception {
        HttpResponse<String> answer = client.send(pod.batch(batch, PATIENCE).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    /// A call to each of so many hosts, from one on.
    private static String batch(int port, int first, int hosts) {
        return IntStream.range(first, first + hosts)
                .mapToObj(host -> "\"http://127.0.0.%d:%d/page\"".formatted(host, port))
                .collect(Collectors.joining(",", "{\"requests\":[", "]}"));
    }

    private static int outcomes(String answer, String outcome) {
        return answer.split("\"outcome\":\"%s\"".formatted(outcome), -1).length - 1;
    }
}
