package dev.muster.upstream;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2SettingsFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/// An HTTP/2 upstream in clear text that does with each request, once it is whole, what the test says.
final class Http2Script implements AutoCloseable {

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final AtomicInteger accepted = new AtomicInteger();
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Request> received = new ConcurrentLinkedQueue<>();
    private final Consumer<Request> script;
    private final Channel server;

    private Http2Script(IntFunction<Http2Settings> settings, Consumer<Request> script) {
        this.script = script;
        this.server = new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel connection) {
                        int number = accepted.incrementAndGet();
                        open.add(connection);
                        var _ = connection.closeFuture().addListener(_ -> open.remove(connection));
                        connection
                                .pipeline()
                                .addLast(Http2FrameCodecBuilder.forServer()
                                        .initialSettings(settings.apply(number))
                                        .build())
                                .addLast(new Http2MultiplexHandler(new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel stream) {
                                        stream.pipeline().addLast(new Stream(number));
                                    }
                                }));
                    }
                })
                .bind("127.0.0.1", 0)
                .syncUninterruptibly()
                .channel();
    }

    /// @param script what to do with a request; it runs on the server's one event loop
    static Http2Script serving(Consumer<Request> script) {
        return new Http2Script(_ -> Http2Settings.defaultSettings(), script);
    }

    /// @param settings what a connection begins with, by its number
    static Http2Script serving(IntFunction<Http2Settings> settings, Consumer<Request> script) {
        return new Http2Script(settings, script);
    }

    String url(String path) {
        return "http://127.0.0.1:%d%s".formatted(((InetSocketAddress) server.localAddress()).getPort(), path);
    }

    /// Connections accepted so far.
    int accepted() {
        return accepted.get();
    }

    /// Connections that are open on this side.
    int open() {
        return open.size();
    }

    /// Requests that came whole, refused ones included.
    int received() {
        return received.size();
    }

    @Override
    public void close() {
        server.close().syncUninterruptibly();
        for (Channel connection : open) {
            connection.close().syncUninterruptibly();
        }
        group.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private final class Stream extends ChannelInboundHandlerAdapter {

        private final int connection;
        private String path = "";
        private String method = "";

        Stream(int connection) {
            this.connection = connection;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            boolean whole = false;
            if (frame instanceof Http2HeadersFrame head) {
                path = head.headers().path().toString();
                method = head.headers().method().toString();
                whole = head.isEndStream();
            } else if (frame instanceof Http2DataFrame data) {
                whole = data.isEndStream();
            }
            ReferenceCountUtil.release(frame);
            if (whole) {
                var request = new Request(connection, method, path, (Http2StreamChannel) context.channel());
                received.add(request);
                script.accept(request);
            }
        }
    }

    /// A request, and what can be done with it and its connection.
    record Request(int connection, String method, String path, Http2StreamChannel channel) {

        int stream() {
            return Objects.requireNonNull(channel.stream()).id();
        }

        void answer() {
            head();
            var _ = channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.copiedBuffer("ok", US_ASCII), true));
        }

        /// Only the head of an answer.
        void head() {
            var _ = channel.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")));
        }

        void reset(Http2Error error) {
            var _ = channel.writeAndFlush(new DefaultHttp2ResetFrame(error));
        }

        /// Ends the connection gracefully, as RFC 9113, section 6.8 has it. By hand: Netty's codec always names the
        /// last stream that it has seen.
        void goAway(int lastStream) {
            var frame = Unpooled.buffer()
                    .writeMedium(8)
                    .writeByte(0x7)
                    .writeByte(0)
                    .writeInt(0)
                    .writeInt(lastStream)
                    .writeInt((int) Http2Error.NO_ERROR.code());
            var _ = codec().writeAndFlush(frame);
        }

        /// Answers and then asks for the rest of the request not to be sent, as section 8.1 has it. By hand: Netty's
        /// codec drops an answer that has not left.
        void answerAndReset() {
            answer();
            int stream = stream();
            var codec = codec();
            codec.executor().execute(() -> {
                var frame = Unpooled.buffer()
                        .writeMedium(4)
                        .writeByte(0x3)
                        .writeByte(0)
                        .writeInt(stream)
                        .writeInt((int) Http2Error.NO_ERROR.code());
                var _ = codec.writeAndFlush(frame);
            });
        }

        private ChannelHandlerContext codec() {
            return channel.parent().pipeline().context(Http2FrameCodec.class);
        }

        void settings(Http2Settings settings) {
            var _ = channel.parent().writeAndFlush(new DefaultHttp2SettingsFrame(settings));
        }

        void closeConnection() {
            var _ = codec().close();
        }
    }
}
