package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// An upstream in this JVM, so that what it sees and what a client sees is on one clock.
///
/// `/item` answers [Nginx#ANSWER], `/wait/MS` does after so many milliseconds, `/hole` never. It notes when each
/// request came, was answered, and lost its connection before it was answered, by the whole request target.
final class TimedUpstream implements AutoCloseable {

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final Channel listener;
    private final Map<String, Long> arrived = new ConcurrentHashMap<>();
    private final Map<String, Long> answered = new ConcurrentHashMap<>();
    private final Map<String, Long> abandoned = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger mostInFlight = new AtomicInteger();

    TimedUpstream() {
        listener = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, 16_384)
                .childOption(ChannelOption.TCP_NODELAY, true)
                // Else the end of a connection is told only after all those that have ended with it are closed.
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        connection.pipeline().addLast(new HttpServerCodec(), new Connection());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel();
    }

    URI base() {
        return URI.create("http://127.0.0.1:" + ((InetSocketAddress) listener.localAddress()).getPort());
    }

    /// When each request target came, on `System.nanoTime()`.
    Map<String, Long> arrived() {
        return arrived;
    }

    /// When `target` was answered.
    long answered(String target) {
        return Objects.requireNonNull(answered.get(target), "not answered yet");
    }

    /// When the connection of each request that was not answered was closed.
    Map<String, Long> abandoned() {
        return abandoned;
    }

    int inFlight() {
        return inFlight.get();
    }

    /// The most requests that waited for their answers at one moment.
    int mostInFlight() {
        return mostInFlight.get();
    }

    void forget() {
        arrived.clear();
        answered.clear();
        abandoned.clear();
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class Connection extends SimpleChannelInboundHandler<Object> {

        private @Nullable String waiting;

        @Override
        protected void channelRead0(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest request) {
                String target = request.uri();
                waiting = target;
                arrived.put(target, System.nanoTime());
                mostInFlight.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                if (target.equals("/item")) {
                    answer(context, target);
                } else if (target.startsWith("/wait/")) {
                    long millis = Long.parseLong(target.substring(6).split("[?]", 2)[0]);
                    var _ = context.executor().schedule(() -> answer(context, target), millis, TimeUnit.MILLISECONDS);
                }
            }
        }

        private void answer(ChannelHandlerContext context, String target) {
            if (!target.equals(waiting)) {
                return;
            }
            waiting = null;
            inFlight.decrementAndGet();
            var response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.wrappedBuffer(Nginx.ANSWER.getBytes(UTF_8)));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
            answered.put(target, System.nanoTime());
            var _ = context.writeAndFlush(response, context.voidPromise());
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                noteEnd();
                // Later, as to close takes longer than to note, and others have ended as well.
                var _ = context.executor().schedule(() -> close(context), 20, TimeUnit.MILLISECONDS);
            }
        }

        private static void close(ChannelHandlerContext context) {
            var _ = context.close();
        }

        /// After a reset.
        @Override
        public void channelInactive(ChannelHandlerContext context) {
            noteEnd();
        }

        private void noteEnd() {
            if (waiting != null) {
                abandoned.put(waiting, System.nanoTime());
                waiting = null;
                inFlight.decrementAndGet();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable reset) {
            close(context);
        }
    }
}
