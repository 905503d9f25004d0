package dev.muster.observability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class BoundedAppenderTest {

    private static final int MORE_THAN_WAIT = 5_000;

    private final Slow slow = new Slow();
    private final BoundedAppender bounded = new BoundedAppender(slow);
    private final Logger log = logger();

    /// Writes when it may.
    private static final class Slow extends UnsynchronizedAppenderBase<ILoggingEvent> {

        private final CountDownLatch may = new CountDownLatch(1);
        private final List<ILoggingEvent> written = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent line) {
            try {
                may.await();
                written.add(line);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }

        List<String> messages() {
            return written.stream().map(ILoggingEvent::getFormattedMessage).toList();
        }
    }

    private static Logger logger() {
        var context = new LoggerContext();
        context.setMDCAdapter(MDC.getMDCAdapter());
        return context.getLogger("test");
    }

    @BeforeEach
    void start() {
        slow.start();
        bounded.start();
        log.setLevel(Level.INFO);
        log.addAppender(bounded);
    }

    @Test
    void whatDoesNotFitIsDroppedAndCountedAndTheRestIsWrittenInOrder() {
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            for (int i = 0; i < MORE_THAN_WAIT; i++) {
                log.info("line {}", i);
            }
        });

        assertThat(bounded.dropped()).isPositive();
        slow.may.countDown();
        bounded.stop();

        assertThat(slow.messages())
                .hasSize(MORE_THAN_WAIT - Math.toIntExact(bounded.dropped()))
                .startsWith("line 0", "line 1", "line 2")
                .containsExactlyElementsOf(IntStream.range(0, slow.written.size())
                        .mapToObj("line %d"::formatted)
                        .toList());
        assertThat(slow.isStarted()).isFalse();
    }

    @Test
    void aLineSaysWhereItWasWritten() {
        var changing = new StringBuilder("before");
        try (var _ = MDC.putCloseable("traceId", "here")) {
            log.info("{}", changing);
        }
        changing.replace(0, changing.length(), "after");
        slow.may.countDown();
        bounded.stop();

        assertThat(slow.written).singleElement().satisfies(line -> {
            assertThat(line.getFormattedMessage()).isEqualTo("before");
            assertThat(line.getMDCPropertyMap()).containsEntry("traceId", "here");
            assertThat(line.getThreadName()).isEqualTo(Thread.currentThread().getName());
        });
    }

    @Test
    void stoppingWaitsForNobodyWhoDoesNotRead() {
        var stuck = new UnsynchronizedAppenderBase<ILoggingEvent>() {
            @Override
            protected void append(ILoggingEvent line) {
                while (true) {
                    Thread.onSpinWait();
                }
            }
        };
        stuck.start();
        var before = new BoundedAppender(stuck);
        before.start();
        log.addAppender(before);
        log.info("line");

        assertTimeoutPreemptively(Duration.ofSeconds(20), before::stop);
    }
}
