package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A pod that is sent to ever more hosts, each of them once.
@Timeout(300)
class ManyHostsTest {

    private static final int HOSTS = 25_000;
    private static final int PER_BATCH = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    @Test
    void aPodOutlivesAllOfThem() throws Exception {
        try (var upstream = PodUpstream.start();
                var pod = Pod.start(
                        directory,
                        List.of(
                                "muster.gateway.timeout=15s",
                                "muster.services.default.timeout=10s",
                                "muster.services.default.connect-timeout=5s",
                                "muster.egress.allow=127.0.0.0/8",
                                "muster.egress.ports=*"));
                var client = HttpClient.newHttpClient()) {
            assertThat(post(client, pod, batch(upstream, 0, 1))).isEqualTo(200);
            long sockets = pod.sockets();

            for (int first = 1; upstream.requests("/host") < HOSTS; first += PER_BATCH) {
                assertThat(post(client, pod, batch(upstream, first, PER_BATCH))).isIn(200, 503);
                assertThat(pod.isAlive()).as(pod.log()).isTrue();
            }

            assertThat(pod.management().value("muster_pool_hosts")).isLessThanOrEqualTo(PER_BATCH);
            assertThat(pod.log()).doesNotContain("ERROR", "\tat ");
            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
                assertThat(pod.sockets()).as("open sockets").isLessThanOrEqualTo(sockets + 8);
                assertThat(post(client, pod, batch(upstream, 0, 1))).isEqualTo(200);
            });
        }
    }

    private static int post(HttpClient client, Pod pod, String batch) throws Exception {
        return client.send(pod.batch(batch, PATIENCE).build(), BodyHandlers.ofString())
                .statusCode();
    }

    private static String batch(PodUpstream upstream, int first, int hosts) {
        return IntStream.range(first, first + hosts)
                .mapToObj(
                        host -> "\"http://127.1.%d.%d:%d/host\"".formatted(host / 250, host % 250 + 1, upstream.port()))
                .collect(Collectors.joining(",", "{\"requests\":[", "]}"));
    }
}
