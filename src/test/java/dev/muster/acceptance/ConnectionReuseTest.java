package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.test.context.TestPropertySource;

/// Connections are few where calls follow one another, and many where they are to run at once.
@TestPropertySource(properties = "muster.gateway.max-concurrency=500")
class ConnectionReuseTest extends RunningMuster {

    private static final Logger log = LoggerFactory.getLogger(ConnectionReuseTest.class);

    @Test
    void aThousandBatchesOfTenNeedNoMoreThanTenConnections() {
        var batch = Batch.of("gather", calls(10, "/ok"));

        for (int i = 0; i < 1000; i++) {
            assertThat(muster.post(batch).outcome()).isEqualTo("complete");
        }

        assertThat(upstream.exchanges()).hasSize(10_000);
        assertThat(upstream.connectionsAccepted()).isLessThanOrEqualTo(10);
    }

    @Test
    void fiveHundredCallsTakeAsLongAsOne() {
        var batch = Batch.of("gather", calls(500, "/delay/100"));
        assertEnded(muster.post(batch), 500, "complete", 200);

        // A cold or busy machine only ever adds to it: what counts is that one batch gets there.
        var fastest = Stream.generate(() -> muster.post(batch).took())
                .limit(40)
                .filter(took -> took.compareTo(Duration.ofMillis(250)) < 0 && upstream.mostInFlight() == 500)
                .findFirst();

        log.info("500 calls of 100 ms took {}", fastest);
        assertThat(fastest).hasValueSatisfying(took -> assertThat(took).isGreaterThan(Duration.ofMillis(100)));
    }

    private static List<Call> calls(int number, String path) {
        return IntStream.range(0, number)
                .mapToObj(i -> Call.url(upstream.url(path)))
                .toList();
    }
}
