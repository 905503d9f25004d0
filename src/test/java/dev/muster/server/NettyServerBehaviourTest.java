package dev.muster.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.muster.acceptance.RawClient;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.timeout.WriteTimeoutException;
import io.netty.handler.timeout.WriteTimeoutHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.netty.DisposableServer;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.ConnectionProvider;

/// What Netty and Reactor Netty do of themselves, that the pieces of this package answer: each test is of them
/// without the piece whose name its class has. One that fails after an upgrade says that the piece has to be looked at
/// again, and maybe is no longer needed.
@Timeout(30)
class NettyServerBehaviourTest {

    private static final Duration BOUND = Duration.ofSeconds(10);

    private final Sinks.Empty<Void> held = Sinks.empty();
    private final DefaultChannelGroup connections = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);
    private final DisposableServer server = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .channelGroup(connections)
            .route(routes -> routes.get(
                            "/hold",
                            (_, response) -> response.sendString(
                                    Flux.concat(Mono.just("a"), held.asMono().then(Mono.just("b")))))
                    .get("/", (_, response) -> response.sendString(Mono.just("ab")))
                    .post("/", (_, response) -> response.sendString(Mono.just("ab"))))
            .bindNow(BOUND);

    @AfterEach
    void stop() {
        if (!server.isDisposed()) {
            server.disposeNow(BOUND);
        }
    }

    private RawClient connect() throws IOException {
        return new RawClient(server.port());
    }

    @Nested
    class OfKeepAlive {

        @Test
        void aConnectionEndsWithTheAnswerBeforeTheLastOfPipelinedRequests() throws Exception {
            try (var client = connect()) {
                client.send(
                        "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
                client.readUntil("\r\na\r\n");
                held.tryEmitEmpty();

                assertThat(client.rest()).doesNotContain("HTTP/1.1");
            }
        }
    }

    @Nested
    class OfConnectionDrain {

        @Test
        void aStopClosesConnectionsWithoutARequestAtOnce() throws Exception {
            try (var idle = connect();
                    var busy = connect()) {
                busy.get("/hold");
                busy.readUntil("\r\na\r\n");
                await().atMost(BOUND).until(() -> connections.size() == 2);
                Thread.ofVirtual().start(() -> server.disposeNow(BOUND));

                assertThat(idle.rest()).isEmpty();
                held.tryEmitEmpty();
                assertThat(busy.readUntil("0\r\n\r\n")).doesNotContain("connection: close");
            }
        }
    }

    @Nested
    class OfUnreadRequest {

        @Test
        void theRestOfARequestThatIsAnsweredIsReadHoweverLongItIs() throws Exception {
            int length = 10 << 20;
            try (var client = connect()) {
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n".formatted(length));
                assertThat(client.readUntil("\r\n\r\nab")).doesNotContain("connection: close");
                client.send("a".repeat(length));
                client.get("/");

                assertThat(client.readUntil("\r\n\r\nab")).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Nested
    class OfRequestHeads {

        @Test
        void theHeadersOfAHeadAreNotBoundedInNumber() throws Exception {
            try (var client = connect()) {
                client.send("GET / HTTP/1.1\r\nHost: a\r\n" + "a:\r\n".repeat(1_000) + "\r\n");

                assertThat(client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 200");
            }
        }
    }

    @Nested
    class OfBareErrors {

        @Test
        void whatIsNoHttpIsAnsweredWithAStatusAlone() throws Exception {
            try (var client = connect()) {
                client.send("garbage\r\n\r\n");

                assertThat(client.rest())
                        .startsWith("HTTP/1.1 400")
                        .doesNotContain("content-type")
                        .endsWith("\r\n\r\n");
            }
        }
    }

    @Nested
    class OfAcceptor {

        @Test
        void oneConnectionIsAcceptedUnlessThereAreMoreForSure() {
            var ours = messagesOfARead(Acceptor.untilNoneWaits());
            var nettys = messagesOfARead(new ServerChannelRecvByteBufAllocator());

            assertThat(ours).isEqualTo(Acceptor.MOST_AT_ONCE);
            assertThat(nettys).isLessThan(ours);
        }

        private static int messagesOfARead(RecvByteBufAllocator allocator) {
            var reading = allocator.newHandle();
            reading.reset(new EmbeddedChannel().config());
            int messages = 0;
            do {
                reading.incMessagesRead(1);
                messages++;
            } while (reading.continueReading());
            return messages;
        }
    }

    @Nested
    class OfStalledClients {

        @Test
        void aWriteThatTakesTooLongIsSentUpThePipelineAsAnException() {
            var connection = new EmbeddedChannel(
                    new ChannelOutboundHandlerAdapter() {
                        @Override
                        public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
                            ReferenceCountUtil.release(message);
                        }
                    },
                    new WriteTimeoutHandler(1, TimeUnit.SECONDS));
            var _ = connection.writeOneOutbound(Unpooled.copiedBuffer("a", US_ASCII));
            connection.advanceTimeBy(2, TimeUnit.SECONDS);
            connection.runScheduledPendingTasks();

            assertThatExceptionOfType(WriteTimeoutException.class).isThrownBy(connection::checkException);
        }
    }

    @Nested
    class OfCoalescingIoHandler {

        private static final int EXCHANGES = 10;

        @Test
        void aClientTellsTheKernelTwiceACallWhatItsConnectionWaitsFor() {
            var told = new AtomicInteger();
            var loops = new MultiThreadIoEventLoopGroup(1, telling(told));
            var provider = ConnectionProvider.create("told", 1);
            try {
                Integer between = HttpClient.create(provider)
                        .runOn(loops)
                        .get()
                        .uri("http://127.0.0.1:%d/".formatted(server.port()))
                        .responseSingle((_, body) -> body.asString().map(_ -> told.get()))
                        .repeat(EXCHANGES)
                        .collectList()
                        .map(counts -> counts.getLast() - counts.getFirst())
                        .block(BOUND);

                assertThat(between).isEqualTo(2 * EXCHANGES);
            } finally {
                provider.dispose();
                loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }

        private static IoHandlerFactory telling(AtomicInteger told) {
            IoHandlerFactory nio = NioIoHandler.newFactory();
            return executor -> {
                IoHandler handler = nio.newHandler(executor);
                return proxy(
                        IoHandler.class,
                        (method, arguments) -> method.getName().equals("register")
                                ? registration((IoRegistration) method.invoke(handler, arguments), told)
                                : method.invoke(handler, arguments));
            };
        }

        private static IoRegistration registration(IoRegistration registration, AtomicInteger told) {
            return proxy(IoRegistration.class, (method, arguments) -> {
                if (method.getName().equals("submit")) {
                    told.incrementAndGet();
                }
                return method.invoke(registration, arguments);
            });
        }

        private static <T> T proxy(Class<T> type, Call call) {
            return type.cast(Proxy.newProxyInstance(
                    type.getClassLoader(),
                    new Class<?>[] {type},
                    (_, method, arguments) -> call.of(method, arguments)));
        }

        @FunctionalInterface
        private interface Call {
            Object of(Method method, Object[] arguments) throws Throwable;
        }
    }
}
