package dev.muster.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpContentDecompressor;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.Http2AllocationStrategy;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.PrematureCloseException;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider;
import reactor.util.context.Context;

/// What Netty and Reactor Netty do of themselves, that the pieces of this package answer or stand on: each test is of
/// them without the piece whose name its class has. One that fails after an upgrade says that the piece has to be
/// looked at again, and maybe is no longer needed.
@Timeout(30)
@ExtendWith(NoLeaks.class)
class NettyClientBehaviourTest {

    private static final Duration BOUND = Duration.ofSeconds(10);

    private static HttpClient client() {
        return HttpClient.create(ConnectionProvider.newConnection()).disableRetry(true);
    }

    private static int status(HttpClient client, String url) {
        return client.get()
                .uri(url)
                .responseSingle(
                        (head, body) -> body.then().thenReturn(head.status().code()))
                .blockOptional(BOUND)
                .orElseThrow();
    }

    private static void request(EmbeddedChannel connection) {
        connection.writeOutbound(new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/"));
        connection.releaseOutbound();
    }

    @Nested
    class OfResponseBoundary {

        private final EmbeddedChannel connection = new EmbeddedChannel(new HttpClientCodec());

        private void request() {
            NettyClientBehaviourTest.request(connection);
        }

        /// The messages that the codec makes of `text`.
        private List<String> receive(String text) {
            connection.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
            List<String> messages = new ArrayList<>();
            for (Object next = connection.readInbound(); next != null; next = connection.readInbound()) {
                messages.add(
                        next instanceof HttpResponse response
                                ? response.decoderResult().isSuccess() ? "response" : "no response"
                                : next instanceof LastHttpContent ? "end" : "content");
                ReferenceCountUtil.release(next);
            }
            return messages;
        }

        @Test
        void anEmptyLineBetweenResponsesIsSkipped() {
            request();
            assertThat(receive(RawServer.ok("ok"))).containsExactly("response", "end");

            assertThat(receive("\r\n")).isEmpty();
            request();
            assertThat(receive(RawServer.ok("ok"))).containsExactly("response", "end");
        }

        @ParameterizedTest
        @ValueSource(strings = {"H", "HTTP/1.1 200 OK", "garbage", "HTTP/1.1 204 No Content\r\n"})
        void whatIsNoWholeHeadIsHeldUntilAnEmptyLineCompletesIt(String rest) {
            request();
            assertThat(receive(RawServer.ok("ok") + rest)).containsExactly("response", "end");

            assertThat(receive("\r\n") + "" + receive("\r\n")).contains("response");
        }

        @Test
        void aResponseThatNobodyAskedForIsPassedOn() {
            request();

            assertThat(receive(RawServer.ok("ok") + RawServer.ok("no")))
                    .containsExactly("response", "end", "response", "end");
        }

        @Test
        void anInterimResponseIsAResponseWithItsEnd() {
            request();

            assertThat(receive("HTTP/1.1 103 Early Hints\r\n\r\n" + RawServer.ok("ok")))
                    .containsExactly("response", "end", "response", "end");
        }

        @Test
        void anEarly103IsTakenForTheFinalResponse() throws Exception {
            try (var server = RawServer.answering("HTTP/1.1 103 Early Hints\r\n\r\n" + RawServer.ok("ok"))) {
                assertThat(status(client(), server.url("/"))).isEqualTo(103);
            }
        }
    }

    @Nested
    class OfHeadersOfResponse {

        @Test
        void everyLineOfAHeadAndATrailerIsAddedByItself() {
            List<String> added = new ArrayList<>();
            var config = new HttpDecoderConfig()
                    .setHeadersFactory(noting("head", added::add))
                    .setTrailersFactory(noting("trailer", added::add));
            var connection = new EmbeddedChannel(new HttpClientCodec(config, false, false));
            connection.writeInbound(Unpooled.copiedBuffer(
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\na: 1\r\na: 2\r\n\r\n0\r\nb: 3\r\n\r\n",
                    US_ASCII));
            connection.releaseInbound();

            assertThat(added).containsExactly("head transfer-encoding", "head a", "head a", "trailer b");
        }

        private static HttpHeadersFactory noting(String where, Consumer<String> added) {
            return new HttpHeadersFactory() {
                @Override
                public HttpHeaders newHeaders() {
                    return new DefaultHttpHeaders() {
                        @Override
                        public HttpHeaders add(CharSequence name, Object value) {
                            added.accept(where + ' ' + name);
                            return super.add(name, value);
                        }
                    };
                }

                @Override
                public HttpHeaders newEmptyHeaders() {
                    return newHeaders();
                }
            };
        }
    }

    @Nested
    class OfContentDecoder {

        private static final int LENGTH = 16 << 20;

        /// Its own bound refuses a chunk as a whole, and knows nothing of a ratio.
        @Test
        void nettyInflatesAllOfAChunkThoughTheConnectionIsClosedMeanwhile() throws Exception {
            var inflated = new AtomicInteger();
            var connection = new EmbeddedChannel(
                    new HttpClientCodec(), new HttpContentDecompressor(0), new ChannelInboundHandlerAdapter() {
                        @Override
                        public void channelRead(ChannelHandlerContext context, Object message) {
                            if (message instanceof HttpContent content
                                    && content.content().isReadable()) {
                                inflated.addAndGet(content.content().readableBytes());
                                var _ = context.close();
                            }
                            ReferenceCountUtil.release(message);
                        }
                    });
            request(connection);
            byte[] bomb = gzip(new byte[LENGTH]);
            connection.writeInbound(Unpooled.copiedBuffer(
                    "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n".formatted(bomb.length),
                    US_ASCII));
            connection.writeInbound(Unpooled.wrappedBuffer(bomb));

            assertThat(inflated.get()).isEqualTo(LENGTH);
        }

        @Test
        void javasStreamCallsItselfForEachEmptyMember() throws Exception {
            byte[] empty = gzip(new byte[0]);
            var members = new ByteArrayOutputStream();
            for (int i = 0; i < 100_000; i++) {
                members.writeBytes(empty);
            }

            assertThatExceptionOfType(StackOverflowError.class)
                    .isThrownBy(
                            () -> new GZIPInputStream(new ByteArrayInputStream(members.toByteArray())).readAllBytes());
        }

        private static byte[] gzip(byte[] plain) throws IOException {
            var bytes = new ByteArrayOutputStream();
            try (var out = new GZIPOutputStream(bytes)) {
                out.write(plain);
            }
            return bytes.toByteArray();
        }
    }

    @Nested
    class OfOutgoing {

        @Test
        void aWriteThatFailsClosesTheConnection() {
            var connection = new FailingConnection();
            var _ = connection.writeAndFlush(Unpooled.copiedBuffer("a", US_ASCII));

            assertThat(connection.isOpen()).isFalse();
        }

        @Test
        void whereItIsNotToCloseItShutsTheOutputAndSaysSo() {
            var connection = new FailingConnection();
            connection.config().setAutoClose(false);
            var event = new AtomicReference<>();
            connection.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void userEventTriggered(ChannelHandlerContext context, Object triggered) {
                    event.set(triggered);
                }
            });
            var _ = connection.writeAndFlush(Unpooled.copiedBuffer("a", US_ASCII));

            assertThat(connection.isOpen()).isTrue();
            assertThat(event.get()).isInstanceOf(ChannelOutputShutdownEvent.class);
        }

        private static final class FailingConnection extends EmbeddedChannel {

            @Override
            protected void doWrite(ChannelOutboundBuffer buffer) throws Exception {
                throw new IOException("reset");
            }

            @Override
            protected void doShutdownOutput() {
                // as a socket has it
            }
        }
    }

    @Nested
    class OfErrorGuard {

        @Test
        void anErrorOfTheJvmIsThrownPastWhoeverWaits() {
            var heard = new AtomicInteger();
            assertThatExceptionOfType(OutOfMemoryError.class)
                    .isThrownBy(() -> Mono.fromCallable(() -> {
                                throw new OutOfMemoryError("none left");
                            })
                            .subscribe(
                                    _ -> heard.incrementAndGet(),
                                    _ -> heard.incrementAndGet(),
                                    heard::incrementAndGet));

            assertThat(heard.get()).isZero();
        }
    }

    @Nested
    class OfExchange {

        @Test
        void anErrorThatComesTooLateIsForWhoeverIsInTheContextUnderTheKey() {
            var late = new AtomicReference<Throwable>();
            Consumer<Throwable> hearing = late::set;
            var failure = new IOException("late");
            Operators.onErrorDropped(failure, Context.of(Exchange.KEY, hearing));

            assertThat(late.get()).isSameAs(failure);
        }
    }

    @Nested
    class OfHttpClients {

        @Test
        void settingsMadeForACallMakeAPoolForIt() throws Exception {
            var pools = new Pools();
            var provider = ConnectionProvider.builder("settings")
                    .maxConnections(10)
                    .metrics(true, () -> pools)
                    .build();
            try (var server = RawServer.answering(RawServer.ok("ok"))) {
                var client = HttpClient.create(provider);
                for (int i = 0; i < 10; i++) {
                    status(client.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1_000), server.url("/"));
                }
                assertThat(pools.made.get()).isEqualTo(1);
                for (int i = 1; i < 10; i++) {
                    status(client.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 1_000 + i), server.url("/"));
                }
                assertThat(pools.made.get()).isEqualTo(10);
            } finally {
                provider.dispose();
            }
        }

        private static final class Pools implements ConnectionProvider.MeterRegistrar {

            private final AtomicInteger made = new AtomicInteger();

            @Override
            public void registerMetrics(String pool, String id, SocketAddress remote, ConnectionPoolMetrics metrics) {
                made.incrementAndGet();
            }

            @Override
            public void deRegisterMetrics(String pool, String id, SocketAddress remote) {
                // they go with the provider
            }
        }
    }

    @Nested
    class OfRetiringConnection {

        private final ConnectionProvider provider = ConnectionProvider.builder("retiring")
                .maxConnections(2)
                .allocationStrategy(Http2AllocationStrategy.builder()
                        .maxConnections(2)
                        .maxConcurrentStreams(100)
                        .strictConnectionReuse(true)
                        .build())
                .build();
        private final HttpClient client =
                HttpClient.create(provider).disableRetry(true).protocol(HttpProtocol.H2C);

        @AfterEach
        void dispose() {
            provider.dispose();
        }

        @Test
        void aConnectionThatAllowsNoStreamsIsKeptAndFailsEveryCall() {
            try (var server = Http2Script.serving(
                    number -> number == 1
                            ? Http2Settings.defaultSettings().maxConcurrentStreams(0)
                            : Http2Settings.defaultSettings(),
                    Http2Script.Request::answer)) {
                for (int i = 0; i < 3; i++) {
                    assertThatException().isThrownBy(() -> status(client, server.url("/")));
                }
            }
        }

        @Test
        void aConnectionThatRefusesStreamsIsGivenTheNextCall() {
            var requests = new AtomicInteger();
            try (var server = Http2Script.serving(request -> {
                if (requests.getAndIncrement() < 2) {
                    request.reset(Http2Error.REFUSED_STREAM);
                } else {
                    request.answer();
                }
            })) {
                for (int i = 0; i < 2; i++) {
                    assertThatException().isThrownBy(() -> status(client, server.url("/")));
                }
                assertThat(status(client, server.url("/"))).isEqualTo(200);
                assertThat(server.accepted()).isEqualTo(1);
            }
        }
    }

    @Nested
    class OfStreamEnding {

        @ParameterizedTest
        @EnumSource(
                value = Http2Error.class,
                names = {"REFUSED_STREAM", "INTERNAL_ERROR"})
        void aRefusedStreamFailsLikeAnyThatEndsEarly(Http2Error error) {
            try (var server = Http2Script.serving(request -> request.reset(error))) {
                var client = client().protocol(HttpProtocol.H2C);

                assertThatException()
                        .isThrownBy(() -> status(client, server.url("/")))
                        .withCauseInstanceOf(PrematureCloseException.class);
            }
        }
    }

    /// On an event loop that counts how often it has looked at its sockets.
    @Nested
    class OfNextTurn {

        private final AtomicInteger looks = new AtomicInteger();
        private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, counting());

        private IoHandlerFactory counting() {
            IoHandlerFactory nio = NioIoHandler.newFactory();
            return executor -> {
                IoHandler handler = nio.newHandler(executor);
                return (IoHandler) Proxy.newProxyInstance(
                        IoHandler.class.getClassLoader(), new Class<?>[] {IoHandler.class}, (_, method, arguments) -> {
                            if (method.getName().equals("run")) {
                                looks.incrementAndGet();
                            }
                            return method.invoke(handler, arguments);
                        });
            };
        }

        @AfterEach
        void close() {
            loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
        }

        @Test
        void whatALoopSchedulesForNowIsDueWhenItHasLookedAtItsSockets() throws Exception {
            var loop = loops.next();
            var between = new CompletableFuture<List<Integer>>();
            loop.execute(() -> {
                int now = looks.get();
                var executed = new AtomicInteger();
                var _ = loop.schedule(
                        () -> between.complete(List.of(executed.get(), looks.get() - now)), 0, TimeUnit.NANOSECONDS);
                loop.execute(() -> executed.set(looks.get() - now));
            });

            assertThat(between.get(10, TimeUnit.SECONDS)).containsExactly(0, 1);
        }
    }

    @Nested
    class OfConnectPacer {

        private static final int CONNECTIONS = 50;

        @Test
        void aLoopBeginsAllConnectionsInATurn() throws Exception {
            var loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
            var begun = new AtomicInteger();
            var inNextTurn = new CompletableFuture<Integer>();
            var bootstrap = new Bootstrap()
                    .group(loops)
                    .channel(NioSocketChannel.class)
                    .handler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            channel.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
                                @Override
                                public void connect(
                                        ChannelHandlerContext context,
                                        SocketAddress remote,
                                        SocketAddress local,
                                        ChannelPromise connected) {
                                    begun.incrementAndGet();
                                    connected.setFailure(new IOException("not really"));
                                }
                            });
                        }
                    });
            try {
                loops.execute(() -> {
                    for (int i = 0; i < CONNECTIONS; i++) {
                        var _ = bootstrap.connect(InetAddress.getLoopbackAddress(), 1);
                    }
                    NextTurn.of(loops.next(), () -> inNextTurn.complete(begun.get()));
                });

                assertThat(inNextTurn.get(10, TimeUnit.SECONDS)).isEqualTo(CONNECTIONS);
            } finally {
                loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
            }
        }
    }
}
