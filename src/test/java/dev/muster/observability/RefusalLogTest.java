package dev.muster.observability;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.muster.admission.CallersProperties;
import dev.muster.call.Upstreams;
import dev.muster.fanout.Batch;
import dev.muster.fanout.Fanout;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import reactor.test.scheduler.VirtualTimeScheduler;

/// What the log says of batches that are refused, here by a gateway that is stopping. Time passes when a test says.
class RefusalLogTest {

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final Upstreams upstreams = Upstreams.with().open();
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.muster.batch");
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Fanout fanout = new Fanout(
            upstreams.pipeline(),
            Batch.limits(8, 8),
            new CallersProperties(Map.of()),
            timer,
            List.of(),
            new BatchLog(timer));

    @BeforeEach
    void listen() {
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        lines.start();
        fanout.drain(Duration.ZERO).subscribe();
    }

    @AfterEach
    void close() {
        logger.detachAppender(lines);
        logger.setLevel(null);
        upstreams.close();
        timer.dispose();
    }

    @Test
    void theFirstIsALineAtOnceWithItsReasonAndItsCaller() {
        refuse("alice", 1);

        assertThat(lines.list).singleElement().satisfies(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.INFO);
            assertThat(line.getFormattedMessage()).isEqualTo("batch refused (stopping): this instance is stopping");
            assertThat(line.getKeyValuePairs().toString())
                    .contains("refusedFor=\"stopping\"", "refused=\"1\"", "principal=\"alice\"");
        });
    }

    @Test
    void aFloodIsALineASecondThatSaysHowManyThereWere() {
        for (int tenths = 0; tenths < 35; tenths++) {
            refuse("anonymous", 100);
            timer.advanceTimeBy(Duration.ofMillis(100));
        }
        timer.advanceTimeBy(Duration.ofSeconds(10));

        assertThat(lines.list).hasSize(5);
        assertThat(lines.list.get(1).getFormattedMessage()).endsWith("stopping, and 998 more in the last second");
        assertThat(lines.list.stream()
                        .flatMap(line -> line.getKeyValuePairs().stream())
                        .filter(pair -> pair.key.equals("refused"))
                        .mapToInt(pair -> (int) pair.value)
                        .sum())
                .isEqualTo(3_500);
        assertThat(lines.list.toString()).doesNotContain("principal");
    }

    @Test
    void afterAQuietSecondTheNextIsALineAtOnceAgain() {
        refuse("anonymous", 1);
        timer.advanceTimeBy(Duration.ofSeconds(1));
        refuse("anonymous", 1);

        assertThat(lines.list).hasSize(2);
    }

    private void refuse(String principal, int times) {
        for (int i = 0; i < times; i++) {
            fanout.arrival(principal).onErrorComplete().subscribe();
        }
    }
}
