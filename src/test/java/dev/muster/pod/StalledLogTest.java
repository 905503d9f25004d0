package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Nobody reads what Muster prints, and it prints a lot.
@Timeout(180)
class StalledLogTest {

    private static final String BATCH = "{\"requests\":[{\"service\":\"up\",\"path\":\"/page\"}]}";
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    @Test
    void batchesAreAnsweredLinesAreCountedAndAStopIsAStop() throws Exception {
        try (var upstream = PodUpstream.start();
                var pod = Pod.startUnread(
                        directory,
                        List.of(
                                "logging.level.root=debug",
                                "muster.services.up.base-url=http://127.0.0.1:" + upstream.port()));
                var client = HttpClient.newHttpClient()) {
            var request = pod.batch(BATCH, PATIENCE).build();
            await().atMost(Duration.ofSeconds(60)).pollDelay(Duration.ZERO).until(() -> {
                assertThat(client.send(request, BodyHandlers.ofString()).statusCode())
                        .isEqualTo(200);
                return pod.management().value("muster_log_dropped_total") > 0;
            });
            for (int i = 0; i < 100; i++) {
                assertThat(client.send(request, BodyHandlers.ofString()).statusCode())
                        .isEqualTo(200);
            }

            pod.process().destroy();
            assertThat(pod.process().waitFor(15, TimeUnit.SECONDS)).isTrue();
        }
    }
}
