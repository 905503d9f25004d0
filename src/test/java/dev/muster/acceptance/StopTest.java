package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What clients see on their kept-alive connections while Muster stops.
@Timeout(120)
class StopTest {

    private static final String CLOSE = "\r\nconnection: close\r\n";

    @Test
    void everyAnswerIsTheLastOfItsConnectionOnceMusterStops() throws Exception {
        try (var upstream = FaultyUpstream.start();
                var muster = StartedMuster.with(
                        "muster.services.up.base-url=" + upstream.url(""),
                        "muster.services.up.timeout=20s",
                        "muster.gateway.timeout=20s");
                var accepted = new Client(muster);
                var events = new Client(muster);
                var lines = new Client(muster);
                var refused = new Client(muster);
                var lost = new Client(muster);
                var idle = new Client(muster)) {
            accepted.post(Media.JSON, "/hold?accepted");
            events.post(Media.SSE, "/ok", "/hold?events");
            lines.post(Media.NDJSON, "/ok", "/hold?lines");
            assertThat(events.readUntil("succeeded")).doesNotContain(CLOSE);
            assertThat(lines.readUntil("succeeded")).doesNotContain(CLOSE);
            refused.post(Media.JSON, "/ok");
            assertThat(refused.answer()).startsWith("HTTP/1.1 200").doesNotContain(CLOSE);
            var holding = new String[] {"/hold?accepted", "/hold?events", "/hold?lines"};
            for (var target : holding) {
                upstream.awaitExchange(target);
            }

            var stopped = CompletableFuture.runAsync(muster.context()::close);
            var management = new Management(muster.managementPort());
            await().until(() -> management.get("health/readiness", "*/*").statusCode() == 503);
            var another = Batch.gather(Call.to("up", "/ok"));
            await().until(() -> muster.client().post(another).status() == 503);

            refused.post(Media.JSON, "/ok");
            assertThat(refused.rest()).startsWith("HTTP/1.1 503").contains(CLOSE, "Retry-After: 1");
            lost.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(lost.rest()).startsWith("HTTP/1.1 404").contains(CLOSE);
            for (var target : holding) {
                upstream.onlyExchange(target).release();
            }
            assertThat(accepted.rest()).startsWith("HTTP/1.1 200").contains(CLOSE, "\"outcome\":\"complete\"");
            assertThat(events.rest()).contains("event: summary").endsWith("\r\n0\r\n\r\n");
            assertThat(lines.rest()).contains("\"counts\"").endsWith("\r\n0\r\n\r\n");
            assertThat(idle.rest()).isEmpty();
            assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
        }
    }

    /// A client's connection. Every read is bounded, and a connection that is reset fails the test.
    private static final class Client implements AutoCloseable {

        private final Socket socket;
        private final InputStream in;

        Client(StartedMuster muster) throws IOException {
            socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), muster.port());
            socket.setSoTimeout(20_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        /// Posts a batch of calls of the service `up`, as completed.
        void post(Media media, String... targets) throws IOException {
            var calls = Stream.of(targets).map(target -> Call.to("up", target)).toList();
            var body = Batch.of("as-completed", calls).json();
            send("POST /batches HTTP/1.1\r\nHost: a\r\nAccept: %s\r\n".formatted(media.type()));
            send("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s".formatted(body.length(), body));
        }

        void send(String text) throws IOException {
            socket.getOutputStream().write(text.getBytes(UTF_8));
        }

        /// One answer of known length.
        String answer() throws IOException {
            var head = readUntil("\r\n\r\n");
            var length = head.replaceFirst("(?is).*\r\ncontent-length: (\\d+)\r\n.*", "$1");
            return head + new String(in.readNBytes(Integer.parseInt(length)), UTF_8);
        }

        String readUntil(String end) throws IOException {
            var read = new StringBuilder();
            while (read.indexOf(end) < 0) {
                int next = in.read();
                assertThat(next).as("%s", read).isNotNegative();
                read.append((char) next);
            }
            return read.toString();
        }

        /// What comes until the server closes the connection.
        String rest() throws IOException {
            return new String(in.readAllBytes(), ISO_8859_1);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
