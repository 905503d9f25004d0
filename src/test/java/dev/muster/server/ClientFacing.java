package dev.muster.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;

import dev.muster.acceptance.RawClient;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
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

/// A web server on loopback with [ClientConnections], whose lulls pass when a test says so.
final class ClientFacing implements AutoCloseable {

    static final int MOST = 20;
    private static final Duration LULL = Duration.ofHours(1);

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final Sinks.Empty<Void> held = Sinks.empty();
    private final ClientConnections connections = new ClientConnections(MOST, LULL, timer);
    private final WebServer server;

    ClientFacing() {
        var factory = new NettyReactiveWebServerFactory(0);
        factory.setAddress(InetAddress.ofLiteral("127.0.0.1"));
        connections.customize(factory);
        server = factory.getWebServer(this::answer);
        server.start();
    }

    /// `ab`; of `/hold`, `a` at once and `b` after [#release()]; of `/elsewhere`, `a` by another thread than the
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

    ConnectionDrain drain() {
        return connections.drain();
    }

    void release() {
        held.tryEmitEmpty();
    }

    void restart() {
        server.stop();
        connections.drain().keepAlive();
        server.start();
    }

    void passLull() {
        timer.advanceTimeBy(LULL);
    }

    void passLullsUntil(CompletableFuture<?> done) {
        await().pollDelay(Duration.ZERO).until(() -> {
            passLull();
            return done.isDone();
        });
    }

    RawClient connect() throws IOException {
        return new RawClient(server.getPort());
    }

    int port() {
        return server.getPort();
    }

    static boolean isRefused(int port) throws IOException {
        try (var _ = new RawClient(port)) {
            return false;
        } catch (ConnectException refused) {
            return true;
        }
    }

    /// The answer to a GET of `/`.
    static String get(RawClient client) throws IOException {
        client.get("/");
        return client.readUntil("\r\n0\r\n\r\n");
    }

    @Override
    public void close() {
        server.stop();
        timer.dispose();
    }
}
