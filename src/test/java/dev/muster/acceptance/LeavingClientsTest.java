package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.muster.fanout.Fanout;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/// Clients that leave before their request has come whole.
@Timeout(60)
class LeavingClientsTest {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int CLIENTS = 5;
    private static final Logger MUSTER = (Logger) LoggerFactory.getLogger("dev.muster");
    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    private static StartedMuster muster;

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeAll
    static void start() {
        muster = StartedMuster.with();
    }

    @AfterAll
    static void stop() {
        muster.close();
    }

    @BeforeEach
    void listen() {
        lines.start();
        ROOT.addAppender(lines);
        MUSTER.setLevel(Level.DEBUG);
    }

    @AfterEach
    void listenNoMore() {
        ROOT.detachAppender(lines);
        MUSTER.setLevel(null);
    }

    static Stream<Arguments> leavesInMidUpload() {
        return Stream.of("Content-Length: 100000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n10000\r\n{")
                .flatMap(body -> Stream.of(body, body + " ".repeat(30_000)))
                .flatMap(body -> Stream.of(true, false).map(reset -> Arguments.of(body, reset)));
    }

    @ParameterizedTest
    @MethodSource
    void leavesInMidUpload(String body, boolean reset) throws Exception {
        Fanout fanout = muster.context().getBean(Fanout.class);
        long before = requests("499");
        for (int i = 0; i < CLIENTS; i++) {
            try (var client = new RawClient(muster.port())) {
                client.send("POST /batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + body);
                await().atMost(SOON).until(() -> fanout.load().bufferedBytes() > 0);
                if (reset) {
                    client.reset();
                }
            }
            await().atMost(SOON).until(() -> fanout.load().bufferedBytes() == 0);
        }

        await().atMost(SOON).untilAsserted(() -> assertThat(requests("499")).isEqualTo(before + CLIENTS));
        assertThat(requests("500")).isZero();
        assertThat(requests("200")).isZero();
        List<ILoggingEvent> written = List.copyOf(lines.list);
        assertThat(written).allSatisfy(line -> {
            assertThat(line.getLevel()).isEqualTo(Level.DEBUG);
            assertThat(line.getThrowableProxy()).isNull();
        });
        assertThat(written)
                .filteredOn(line -> line.getLoggerName().startsWith("dev.muster"))
                .hasSize(CLIENTS)
                .allSatisfy(line ->
                        assertThat(line.getFormattedMessage()).startsWith("A client left before POST /batches"));
    }

    private static long requests(String status) {
        return muster.context().getBean(MeterRegistry.class).find("http.server.requests").timers().stream()
                .filter(timer -> Objects.equals(timer.getId().getTag("status"), status))
                .mapToLong(Timer::count)
                .sum();
    }
}
