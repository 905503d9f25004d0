package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests that are answered whatever their bodies are, by either port: hardly anything of a body is read.
@Timeout(60)
class RefusedBodiesTest {

    private static final String KEY = "X-API-Key: alice-1\r\n";
    /// What the system takes for a socket that nobody reads, and what Muster may read.
    private static final long MOST_BYTES = 24_000_000;
    private static final String PIECE = "a".repeat(16_384);

    private static StartedMuster muster;

    @BeforeAll
    static void start() {
        muster = StartedMuster.with(
                "muster.auth.mode=api-key",
                "muster.auth.api-keys.alice=sha256:a42ac5108869b599bcbac21069f63fb47f07452fcc4b87e89b3c06a945612d0b");
    }

    @AfterAll
    static void stop() {
        muster.close();
    }

    enum Port {
        API,
        MANAGEMENT;

        private int number() {
            return switch (this) {
                case API -> muster.port();
                case MANAGEMENT -> muster.managementPort();
            };
        }
    }

    static Stream<Arguments> requests() {
        return Stream.of(
                        Arguments.of(Port.API, "POST /batches", "", 401),
                        Arguments.of(Port.API, "POST /batches", "X-API-Key: nobody\r\n", 401),
                        Arguments.of(Port.API, "POST /nothing", KEY, 404),
                        Arguments.of(Port.API, "PUT /batches", KEY, 405),
                        Arguments.of(Port.API, "GET /batches", KEY, 405),
                        Arguments.of(Port.API, "POST /batches", KEY + "Accept: image/png\r\n", 406),
                        Arguments.of(Port.API, "POST /batches", KEY + "Content-Type: text/plain\r\n", 415),
                        Arguments.of(Port.API, "GET /", "", 200),
                        Arguments.of(Port.API, "POST /v3/api-docs", KEY, 405),
                        Arguments.of(Port.MANAGEMENT, "POST /batches", KEY, 404),
                        Arguments.of(Port.MANAGEMENT, "POST /actuator/health", "", 405),
                        Arguments.of(Port.MANAGEMENT, "GET /actuator/health/liveness", "", 200))
                .flatMap(request -> Stream.of("Content-Length: 10000000000", "Transfer-Encoding: chunked")
                        .map(length -> Arguments.of(
                                request.get()[0], request.get()[1], request.get()[2], length, request.get()[3])));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void theAnswerIsTheLastOfItsConnection(Port port, String line, String headers, String length, int status)
            throws Exception {
        try (var client = new RawClient(port.number())) {
            client.send(head(line, headers, length));

            assertThat(client.rest())
                    .startsWith("HTTP/1.1 %d ".formatted(status))
                    .containsIgnoringCase("\r\nconnection: close\r\n");
        }
    }

    @ParameterizedTest
    @MethodSource("requests")
    void whoeverGoesOnSendingIsCutOff(Port port, String line, String headers, String length, int status)
            throws Exception {
        long sent = 0;
        try (var client = new RawClient(port.number())) {
            client.send(head(line, headers, length));
            while (sent <= MOST_BYTES) {
                client.send(length.startsWith("T") ? "4000\r\n" + PIECE + "\r\n" : PIECE);
                sent += PIECE.length();
            }
        } catch (IOException cut) {
            assertThat(cut).hasMessageMatching("(?i).*(reset|broken pipe).*");
        }
        assertThat(sent).as("bytes taken of a %d", status).isLessThan(MOST_BYTES);
    }

    private static String head(String line, String headers, String length) {
        return "%s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n\r\n".formatted(line, headers, length);
    }
}
