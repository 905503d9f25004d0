package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.TestPropertySource;

/// Connections are few where calls follow one another, and many where they are to run at once.
@TestPropertySource(properties = "muster.gateway.max-concurrency=500")
class ConnectionReuseTest extends RunningMuster {

    @Test
    void aThousandBatchesOfTenNeedNoMoreThanTenConnections() {
        var batch = Batch.of("gather", calls(10, "/ok"));

        for (int i = 0; i < 1000; i++) {
            assertThat(muster.post(batch).outcome()).isEqualTo("complete");
        }

        assertThat(upstream.exchanges()).hasSize(10_000);
        assertThat(upstream.connectionsAccepted()).isLessThanOrEqualTo(10);
    }

    /// The delay is long enough for a slow machine to have them all under way, and a second wave of them would double
    /// it.
    @Test
    void fiveHundredCallsTakeAsLongAsOne() {
        // Opens the connections.
        assertEnded(muster.post(Batch.of("gather", calls(500, "/ok"))), 500, "complete", 200);

        var answer = muster.post(Batch.of("gather", calls(500, "/delay/1000")));

        assertEnded(answer, 500, "complete", 200);
        assertThat(upstream.mostInFlight()).isEqualTo(500);
        assertThat(answer.took()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    private static List<Call> calls(int number, String path) {
        return IntStream.range(0, number)
                .mapToObj(i -> Call.url(upstream.url(path)))
                .toList();
    }
}
