package dev.muster.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class StopWhileStartingTest {

    private static final int BY_SIGTERM = 143;

    @TempDir
    Path directory;

    @Test
    void aSignalEndsTheStartAtOnce() throws Exception {
        try (var pod = Pod.launch(directory, List.of("logging.level.dev.muster=info"))) {
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> pod.log().contains("Starting MusterApplication"));

            pod.process().destroy();

            assertThat(pod.process().waitFor(10, TimeUnit.SECONDS)).isTrue();
            assertThat(pod.process().exitValue()).isEqualTo(BY_SIGTERM);
            assertThat(pod.log()).doesNotContain("Netty started", "Started MusterApplication");
        }
    }
}
