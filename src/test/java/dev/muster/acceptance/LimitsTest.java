package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;

/// What happens to clients that are slow or large, seen from their sockets.
@TestPropertySource(
        properties = {
            "muster.gateway.request-timeout=400ms",
            "muster.gateway.write-timeout=500ms",
            "muster.gateway.heartbeat=100ms",
            "server.netty.idle-timeout=1s",
        })
class LimitsTest extends RunningMuster {

    private static final Duration DRIP = Duration.ofMillis(50);
    private static final int TOO_LONG = 8_193;

    @LocalServerPort
    private int port;

    static Stream<Arguments> oversizedCalls() {
        return Stream.of(
                arguments(Call.url("http://a/" + "x".repeat(TOO_LONG)), "/url", "at most 8192 characters"),
                arguments(Call.to("up", "/" + "x".repeat(TOO_LONG)), "/path", "at most 8192 characters"),
                arguments(
                        Call.to("up", "/ok")
                                .with("headers", Map.of("x-a", "x".repeat(9_000), "x-b", "x".repeat(9_000))),
                        "/headers",
                        "at most 16384 bytes in all"));
    }

    @ParameterizedTest
    @MethodSource("oversizedCalls")
    void batchIsRefusedWhenACallIsTooLarge(Call call, String field, String rule) {
        var response = muster.post(Batch.gather(call).json());

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body()).contains("\"#/requests/0" + field + "\"", rule);
    }

    static Stream<Arguments> excessiveJson() {
        return Stream.of(
                arguments("[".repeat(600) + "]".repeat(600), "nesting depth"),
                arguments("[" + "9".repeat(1_001) + "]", "Number value length"));
    }

    @ParameterizedTest
    @MethodSource("excessiveJson")
    void batchIsRefusedWhenItsJsonIsExcessive(String body, String rule) {
        var response = muster.post("""
                {"requests": [{"service": "up", "path": "/ok", "body": %s}]}""".formatted(body));

        assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
        assertThat(response.body())
                .contains("\"#/requests/0/body\"", rule, "exceeds the maximum allowed")
                .doesNotContain("StreamReadConstraints");
    }

    @Test
    void callFailsWhenItsResponseInflatesLikeABomb() {
        var reply = muster.post(Batch.gather(Call.up("bomb", "/gzip-bomb"), Call.up("ok", "/ok")));

        assertThat(reply.slots()).containsExactly("bomb failed response-too-large", "ok succeeded");
    }

    @Test
    void clientIsAnsweredAndCutOffWhenItsDocumentDripsIn() throws IOException {
        try (var client = connect()) {
            write(client, head(1_000));
            for (int i = 0; i < 6; i++) {
                write(client, " ");
            }
            var answer = readToEnd(client);

            assertThat(answer).startsWith("HTTP/1.1 408 ").contains("urn:muster:problem:request-timeout", "400 ms");
        }
    }

    @Test
    void clientIsCutOffWhenItsHeadDripsIn() throws Exception {
        try (var client = connect()) {
            var dripping = Thread.ofVirtual().start(() -> drip(client));
            assertThat(readToEnd(client)).doesNotContain("HTTP/1.1 200");

            assertThat(dripping.join(Duration.ofSeconds(5))).isTrue();
        }
    }

    @Test
    void connectionIsClosedWhenItIsIdle() throws IOException {
        try (var client = connect()) {
            write(client, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");

            assertThat(readToEnd(client)).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void requestIsRefusedWhenItsLineOrItsHeadersAreTooLong() throws IOException {
        assertThat(answerTo("GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n".formatted("x".repeat(9_000))))
                .startsWith("HTTP/1.1 414 ");
        assertThat(answerTo("GET / HTTP/1.1\r\nHost: localhost\r\nx-a: %s\r\n\r\n".formatted("x".repeat(17_000))))
                .startsWith("HTTP/1.1 431 ");
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void batchIsCancelledWhenItsClientNeverReads(Media media) throws Exception {
        var calls = IntStream.range(0, 14)
                .mapToObj(i -> Call.up("big" + i, "/octets/1000000?" + i))
                .toArray(Call[]::new);
        var batch = Batch.asCompleted(calls).and(Call.up("pending", "/black-hole?stalled"));

        try (var client = connect()) {
            post(client, batch, media);

            var pending = upstream.awaitExchange("/black-hole?stalled");
            // Far ahead of the deadline of 8 s.
            pending.closedByPeer().get(4, TimeUnit.SECONDS);
        }
    }

    @Test
    void clientIsCutOffWhenItDoesNotReadItsDocument() throws IOException {
        var calls = IntStream.range(0, 14)
                .mapToObj(i -> Call.up("big" + i, "/octets/1000000?" + i))
                .toArray(Call[]::new);

        try (var client = connect()) {
            post(client, Batch.gather(calls), Media.JSON);
            upstream.awaitExchange("/octets/1000000?13");
            pause(Duration.ofMillis(1_500));

            assertThat(readToEnd(client)).startsWith("HTTP/1.1 200 ").hasSizeLessThan(14_000_000);
        }
    }

    @Test
    void commentsKeepAnEventStreamOpenWhileNothingLands() throws IOException {
        try (var client = connect()) {
            post(client, Batch.gather(Call.up("held", "/hold?quiet")), Media.SSE);
            var held = upstream.awaitExchange("/hold?quiet");

            readUntil(client, "(?s).*\r\n:\n\n.*:\n\n.*");
            held.release();
            readUntil(client, "(?s).*event: summary.*");
        }
    }

    private Socket connect() throws IOException {
        var client = new Socket();
        client.setReceiveBufferSize(65_536);
        client.setSoTimeout(5_000);
        client.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 2_000);
        return client;
    }

    private static String head(int contentLength) {
        return "POST /batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(contentLength);
    }

    private static void post(Socket client, Batch batch, Media media) throws IOException {
        var body = batch.json();
        write(
                client,
                head(body.getBytes(UTF_8).length)
                                .replace("Host: localhost", "Host: localhost\r\nAccept: " + media.type())
                        + body);
    }

    private String answerTo(String request) throws IOException {
        try (var client = connect()) {
            write(client, request);
            return readToEnd(client);
        }
    }

    private static void drip(Socket client) {
        try {
            write(client, "POST /batches HTTP/1.1\r\nHost: localhost\r\nx-slow: ");
            while (true) {
                write(client, "x");
                pause(DRIP);
            }
        } catch (IOException cutOff) {
            // which is what the test waits for
        }
    }

    private static void write(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(UTF_8));
        client.getOutputStream().flush();
    }

    /// What comes until the server closes the connection.
    private static String readToEnd(Socket client) throws IOException {
        var answer = new ByteArrayOutputStream();
        try {
            client.getInputStream().transferTo(answer);
        } catch (SocketException reset) {
            // A server that closes with unread bytes resets.
        }
        return answer.toString(ISO_8859_1);
    }

    private static void readUntil(Socket client, String pattern) throws IOException {
        var read = new StringBuilder();
        var chunk = new byte[4_096];
        while (!read.toString().matches(pattern)) {
            int n = client.getInputStream().read(chunk);
            assertThat(n).as("%s", read).isPositive();
            read.append(new String(chunk, 0, n, ISO_8859_1));
        }
    }

    private static void pause(Duration time) {
        LockSupport.parkNanos(time.toNanos());
    }
}
