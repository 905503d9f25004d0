package dev.muster.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.muster.acceptance.RawClient;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServer;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

@Timeout(30)
class ClientConnectionsTest {

    private static final Duration LULL = Duration.ofHours(1);
    private static final int MOST = 20;

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final Sinks.Empty<Void> held = Sinks.empty();
    private final ClientConnections connections = new ClientConnections(MOST, LULL, timer);
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

    /// `ab`; of `/hold`, `a` at once and `b` when the test says so; of `/elsewhere`, `a` by another thread than the
    /// connection's.
    private Mono<Void> answer(ServerHttpRequest request, ServerHttpResponse response) {
        Mono<DataBuffer> first = Mono.just(response.bufferFactory().wrap("a".getBytes(US_ASCII)));
        Mono<DataBuffer> second = Mono.just(response.bufferFactory().wrap("b".getBytes(US_ASCII)));
        return switch (request.getPath().value()) {
            case "/hold" ->
                response.writeAndFlushWith(Flux.just(first, held.asMono().then(second)));
            case "/elsewhere" -> response.writeWith(first.publishOn(Schedulers.parallel()));
            default -> response.writeWith(first.concatWith(second));
        };
    }

    @Test
    void aRequestThatWasSentWhenTheServerNoLongerListensIsAnswered() throws Exception {
        try (var client = new RawClient(server.getPort())) {
            assertThat(get(client)).doesNotContain("connection: close");
            var dry = stopListening();

            assertThat(get(client)).contains("connection: close");
            assertThat(client.rest()).isEmpty();
            assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void aConnectionThatIsNotUsedIsClosedAfterTheLull() throws Exception {
        try (var client = new RawClient(server.getPort())) {
            get(client);
            var dry = stopListening();
            assertThat(dry).isNotDone();

            letTheLullPassUntil(dry);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void anAnswerUnderWayEndsHoweverManyLullsPass() throws Exception {
        try (var client = new RawClient(server.getPort());
                var idle = new RawClient(server.getPort())) {
            client.get("/hold");
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
        try (var last = new RawClient(server.getPort())) {
            await().pollDelay(Duration.ZERO).until(() -> isRefused(server.getPort()));

            assertThat(get(last)).contains("connection: close");
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

        try (var client = new RawClient(server.getPort())) {
            assertThat(get(client)).doesNotContain("connection: close");
            assertThat(get(client)).doesNotContain("connection: close");
        }
    }

    /// The library forgets it, sometimes, where the thread that answered the one before has yet to tell of it.
    @ParameterizedTest
    @ValueSource(
            strings = {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"})
    void theLastRequestOfAConnectionIsAnsweredHoweverSoonItFollows(String last) throws Exception {
        for (int i = 0; i < 500; i++) {
            try (var client = new RawClient(server.getPort())) {
                client.get("/elsewhere");
                client.readUntil("\r\n\r\na");

                client.send(last);
                assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").contains("connection: close", "a", "b");
            }
        }
    }

    @Test
    void theLastOfPipelinedRequestsIsAnswered() throws Exception {
        try (var client = new RawClient(server.getPort())) {
            client.send("""
                    GET /hold HTTP/1.1\r
                    Host: a\r
                    \r
                    GET / HTTP/1.1\r
                    Host: a\r
                    Connection: close\r
                    \r
                    """);
            assertThat(client.readUntil("\r\n1\r\na\r\n")).doesNotContain("connection: close");

            held.tryEmitEmpty();
            client.readUntil("1\r\nb\r\n0\r\n\r\n");
            assertThat(client.rest()).contains("connection: close").endsWith("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
        }
    }

    // Requests that are answered before they have come whole.

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 100000000",
                "Transfer-Encoding: chunked",
                "Content-Length: 10\r\nExpect: 100-continue"
            })
    void aConnectionEndsWhenMoreIsToComeOfARequestThatIsAnswered(String length) throws Exception {
        for (String method : List.of("POST", "GET")) {
            try (var client = new RawClient(server.getPort())) {
                client.send("%s /elsewhere HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n".formatted(method, length));

                assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").contains("connection: close");
            }
        }
    }

    @Test
    void aClientThatGoesOnSendingARequestThatIsAnsweredIsCutOff() throws Exception {
        try (var client = new RawClient(server.getPort())) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n");
            String piece = "a".repeat(100_000);

            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                for (int i = 0; i < 10_000; i++) {
                    client.send(piece);
                }
            });
        }
    }

    @Test
    void aClientThatSendsTheRestTooSlowlyIsCutOff() throws Exception {
        try (var client = new RawClient(server.getPort())) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");

            assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").doesNotContain("connection: close");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000, 60_000})
    void aConnectionGoesOnWhenTheRestOfARequestIsLittleAndComes(int length) throws Exception {
        try (var client = new RawClient(server.getPort())) {
            for (int i = 0; i < 3; i++) {
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n".formatted(length));
                assertThat(client.readUntil("\r\n0\r\n\r\n")).doesNotContain("connection: close");
                client.send("a".repeat(length));
            }
            assertThat(get(client)).startsWith("HTTP/1.1 200 OK");
        }
    }

    // Heads and numbers.

    @ParameterizedTest
    @ValueSource(ints = {101, 5_000})
    void aHeadWithMoreThanAHundredHeadersIsRefused(int number) throws Exception {
        try (var client = new RawClient(server.getPort())) {
            client.send("GET / HTTP/1.1\r\n" + "aa:\r\n".repeat(number) + "\r\n");

            assertThat(client.rest()).startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void aHeadWithAHundredHeadersIsRead() throws Exception {
        try (var client = new RawClient(server.getPort())) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n" + "aa:\r\n".repeat(99) + "\r\n");

            assertThat(client.readUntil("\r\n0\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
        }
    }

    @Test
    void theConnectionThatHasBeenIdleForLongestIsClosedWhenThereAreTooMany() throws Exception {
        var clients = new ArrayList<RawClient>();
        try {
            for (int i = 0; i < MOST; i++) {
                clients.add(new RawClient(server.getPort()));
                get(clients.getLast());
            }
            get(clients.getFirst());

            for (int i = 1; i < MOST / 2; i++) {
                clients.add(new RawClient(server.getPort()));
                get(clients.getLast());
                assertThat(clients.get(i).rest()).isEmpty();
            }
            assertThat(get(clients.getFirst())).startsWith("HTTP/1.1 200 OK");
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void aConnectionThatNeverHadARequestIsClosedBeforeThoseThatHad() throws Exception {
        var clients = new ArrayList<RawClient>();
        try (var used = new RawClient(server.getPort())) {
            get(used);
            for (int i = 1; i < MOST; i++) {
                clients.add(new RawClient(server.getPort()));
            }
            for (int i = 0; i < MOST / 2; i++) {
                clients.add(new RawClient(server.getPort()));
                assertThat(clients.get(i).rest()).isEmpty();
            }
            assertThat(get(used)).startsWith("HTTP/1.1 200 OK");
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void whereNoneIsIdleTheRequestThatHasBeenOnItsWayForLongestGoes() throws Exception {
        var clients = new ArrayList<RawClient>();
        try (var answered = new RawClient(server.getPort())) {
            answered.get("/hold");
            answered.readUntil("\r\na\r\n");
            for (int i = 1; i < MOST; i++) {
                clients.add(new RawClient(server.getPort()));
                clients.getLast().send("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
                clients.getLast().readUntil("\r\na\r\n");
            }
            RawClient whole = clients.getLast();
            whole.send("x");

            for (int i = 0; i < MOST - 2; i++) {
                clients.add(new RawClient(server.getPort()));
                clients.getLast().get("/hold");
                clients.get(i).rest();
                clients.getLast().readUntil("\r\na\r\n");
            }
            held.tryEmitEmpty();
            answered.readUntil("\r\n0\r\n\r\n");
            whole.readUntil("\r\n0\r\n\r\n");
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void aNewConnectionIsClosedAtOnceWhenAllAreInUse() throws Exception {
        var clients = new ArrayList<RawClient>();
        try {
            for (int i = 0; i < MOST; i++) {
                clients.add(new RawClient(server.getPort()));
                clients.getLast().get("/hold");
                clients.getLast().readUntil("\r\na\r\n");
            }
            try (var another = new RawClient(server.getPort())) {
                assertThat(another.rest()).isEmpty();
            }
            held.tryEmitEmpty();
            clients.getLast().readUntil("\r\n0\r\n\r\n");
            try (var another = new RawClient(server.getPort())) {
                assertThat(get(another)).startsWith("HTTP/1.1 200 OK");
            }
        } finally {
            closeAll(clients);
        }
    }

    private static void closeAll(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
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
        try (var _ = new RawClient(port)) {
            return false;
        } catch (ConnectException refused) {
            return true;
        }
    }

    private static String get(RawClient client) throws IOException {
        client.get("/");
        return client.readUntil("\r\n0\r\n\r\n");
    }
}
