package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
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

    /// What 500 calls cost the processor depends on the machine and is taken off. The delay is long enough for
    /// a slow one to have them all under way.
    @Test
    void fiveHundredCallsTakeAsLongAsOne() {
        var cost =
                took(calls(500, "/ok")).limit(5).min(Comparator.naturalOrder()).orElseThrow();
        var batch = Batch.of("gather", calls(500, "/delay/1000"));
        assertEnded(muster.post(batch), 500, "complete", 200);
        assertThat(upstream.mostInFlight()).isEqualTo(500);

        // A busy machine only ever adds to it: what counts is that one batch gets there.
        var fastest = took(calls(500, "/delay/1000"))
                .limit(20)
                .filter(took -> took.minus(cost).compareTo(Duration.ofMillis(1150)) < 0)
                .findFirst();

        log.info("500 calls of 1 s took {}, without the delay {}", fastest, cost);
        assertThat(fastest).hasValueSatisfying(took -> assertThat(took).isGreaterThan(Duration.ofSeconds(1)));
    }

    private Stream<Duration> took(List<Call> calls) {
        return Stream.generate(() -> muster.post(Batch.of("gather", calls)).took());
    }

    private static List<Call> calls(int number, String path) {
        return IntStream.range(0, number)
                .mapToObj(i -> Call.url(upstream.url(path)))
                .toList();
    }
}
