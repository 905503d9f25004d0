package dev.muster;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServer;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(30)
class ClientConnectionsTest {

    private static final Duration LULL = Duration.ofHours(1);

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final Sinks.Empty<Void> held = Sinks.empty();
    private final ClientConnections connections = new ClientConnections(LULL, timer);
    private WebServer server;

    @BeforeEach
    void start() throws Exception {
        var factory = new NettyReactiveWebServerFactory(0);
        factory.setAddress(InetAddress.ofLiteral("127.0.0.1"));
        connections.customize(factory);
        server = factory.getWebServer(this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
        timer.dispose();
    }

    /// `ab`, and where it is asked to hold, `a` at once and `b` when the test says so.
    private Mono<Void> answer(ServerHttpRequest request, ServerHttpResponse response) {
        Mono<DataBuffer> first = Mono.just(response.bufferFactory().wrap("a".getBytes(US_ASCII)));
        Mono<DataBuffer> second = Mono.just(response.bufferFactory().wrap("b".getBytes(US_ASCII)));
        return request.getPath().value().equals("/hold")
                ? response.writeAndFlushWith(Flux.just(first, held.asMono().then(second)))
                : response.writeWith(first.concatWith(second));
    }

    @Test
    void aRequestThatWasSentWhenTheServerNoLongerListensIsAnswered() throws Exception {
        try (var client = new Client(server.getPort())) {
            assertThat(client.get("/")).doesNotContain("connection: close");
            var dry = stopListening();

            assertThat(client.get("/")).contains("connection: close");
            assertThat(client.rest()).isEmpty();
            assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void aConnectionThatIsNotUsedIsClosedAfterTheLull() throws Exception {
        try (var client = new Client(server.getPort())) {
            client.get("/");
            var dry = stopListening();
            assertThat(dry).isNotDone();

            letTheLullPassUntil(dry);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void anAnswerUnderWayEndsHoweverManyLullsPass() throws Exception {
        try (var client = new Client(server.getPort());
                var idle = new Client(server.getPort())) {
            client.send("/hold");
            client.readUntil("\r\n1\r\na\r\n");
            var dry = stopListening();
            var idleClosed = CompletableFuture.supplyAsync(idle::rest);
            letTheLullPassUntil(idleClosed);
            timer.advanceTimeBy(LULL);
            assertThat(dry).isNotDone();

            held.tryEmitEmpty();
            client.readUntil("1\r\nb\r\n0\r\n\r\n");
            letTheLullPassUntil(dry);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void whoeverConnectsLastIsAnswered() throws Exception {
        connections.closeWhenAnswered();
        var dry = connections.runDry().toFuture();
        try (var last = new Client(server.getPort())) {
            await().pollDelay(Duration.ZERO).until(() -> isRefused(server.getPort()));

            assertThat(last.get("/")).contains("connection: close");
            assertThat(last.rest()).isEmpty();
            assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void thePortIsClosedAfterTheLullWhenNobodyConnects() {
        connections.closeWhenAnswered();
        var dry = connections.runDry().toFuture();
        assertThat(dry).isNotDone();

        letTheLullPassUntil(dry);
    }

    @Test
    void connectionsAreKeptAliveAgainAfterARestart() throws Exception {
        var dry = stopListening();
        assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        server.stop();

        connections.keepAlive();
        server.start();

        try (var client = new Client(server.getPort())) {
            assertThat(client.get("/")).doesNotContain("connection: close");
            assertThat(client.get("/")).doesNotContain("connection: close");
        }
    }

    private CompletableFuture<?> stopListening() {
        connections.closeWhenAnswered();
        int port = server.getPort();
        var dry = connections.runDry().toFuture();
        await().pollDelay(Duration.ZERO).until(() -> isRefused(port));
        return dry;
    }

    private void letTheLullPassUntil(CompletableFuture<?> done) {
        await().pollDelay(Duration.ZERO).until(() -> {
            timer.advanceTimeBy(LULL);
            return done.isDone();
        });
    }

    private static boolean isRefused(int port) throws IOException {
        try (var _ = new Client(port)) {
            return false;
        } catch (ConnectException refused) {
            return true;
        }
    }

    /// Every read is bounded, and a connection that is reset fails the test.
    private static final class Client implements AutoCloseable {

        private final Socket socket;
        private final InputStream in;

        Client(int port) throws IOException {
            socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
            socket.setSoTimeout(20_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        void send(String path) throws IOException {
            socket.getOutputStream()
                    .write("GET %s HTTP/1.1\r\nHost: a\r\n\r\n".formatted(path).getBytes(US_ASCII));
        }

        String get(String path) throws IOException {
            send(path);
            return readUntil("\r\n0\r\n\r\n");
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
        String rest() {
            try {
                return new String(in.readAllBytes(), US_ASCII);
            } catch (IOException cut) {
                throw new UncheckedIOException(cut);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
