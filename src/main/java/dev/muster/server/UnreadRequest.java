package dev.muster.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/// Ends a connection whose client is answered before its request has come whole. Reactor Netty would read the rest of
/// it, however long that is (reactor-netty#324).
///
/// What is left may come if it is little, and the connection goes on. Otherwise the answer says that the connection
/// ends; then so much is read, and dropped, as lets the client find the answer before it learns that nobody listens.
final class UnreadRequest extends ChannelDuplexHandler {

    private static final int MOST_BYTES = 64 << 10;
    private static final int MOST_SECONDS = 1;

    private final ConnectionLimit connections;
    /// How many requests have begun, and how many of them are answered.
    private int begun;
    private int answered;
    /// Whether the last of them has not come whole, and how many bytes of it are to come.
    private boolean coming;
    private long left;
    /// Whether what is written now is not the answer yet.
    private boolean informational;
    private boolean lingers;

    /// @param connections is told how far the connection's request is
    UnreadRequest(ConnectionLimit connections) {
        this.connections = connections;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            boolean isNext = begun == answered;
            begun++;
            coming = true;
            if (request.decoderResult().isFailure()) {
                // Whatever follows it is not read as a request any more.
                left = Long.MAX_VALUE;
                context.fireChannelRead(message);
                return;
            }
            boolean waits = HttpUtil.is100ContinueExpected(request) || HttpUtil.isTransferEncodingChunked(request);
            left = waits ? Long.MAX_VALUE : HttpUtil.getContentLength(request, 0L);
            if (isNext && left > 0) {
                connections.arrives(context.channel());
            } else {
                connections.isInUse(context.channel());
            }
        }
        if (message instanceof HttpContent content) {
            left -= content.content().readableBytes();
            coming = !(message instanceof LastHttpContent);
            if (!coming && begun > answered) {
                connections.isInUse(context.channel());
            }
            noteIfIdle(context);
        }
        context.fireChannelRead(message);
    }

    /// By the connection's own thread: closes it if the request that is to be answered next has not come whole.
    static void closeIfComing(Channel connection) {
        UnreadRequest handler = connection.pipeline().get(UnreadRequest.class);
        if (handler != null && handler.isEarly(handler.answered + 1)) {
            var _ = connection.close();
        }
    }

    /// Whether the answer that is about to be written comes before the request has, which is more than may still come.
    boolean endsConnection() {
        return isEarly(answered + 1) && left > MOST_BYTES;
    }

    private boolean isEarly(int answer) {
        return coming && answer == begun;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
        if (message instanceof HttpResponse answer) {
            informational = answer.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        }
        if (message instanceof LastHttpContent && !informational) {
            answered++;
            if (isEarly(answered)) {
                closeUnlessItHasCome(context, answered);
            }
            noteIfIdle(context);
        }
        var _ = context.write(message, written);
    }

    private void noteIfIdle(ChannelHandlerContext context) {
        if (begun == answered && !coming) {
            connections.idles(context.channel());
        }
    }

    private void closeUnlessItHasCome(ChannelHandlerContext context, int answer) {
        var _ = context.executor()
                .schedule(
                        () -> {
                            if (isEarly(answer)) {
                                var _ = context.close();
                            }
                        },
                        MOST_SECONDS,
                        TimeUnit.SECONDS);
    }

    /// Closes later what has been answered early.
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise closed) {
        Channel connection = context.channel();
        if (!connection.isActive() || !(lingers || isEarly(answered))) {
            var _ = context.close(closed);
            return;
        }
        var _ = connection.closeFuture().addListener(_ -> closed.trySuccess());
        if (!lingers) {
            lingers = true;
            linger(context);
        }
    }

    private static void linger(ChannelHandlerContext context) {
        context.pipeline().addBefore(NettyPipeline.HttpCodec, null, new Dropped());
        SslHandler tls = context.pipeline().get(SslHandler.class);
        if (tls != null) {
            var _ = tls.closeOutbound();
        } else if (context.channel() instanceof DuplexChannel connection) {
            var _ = connection.shutdownOutput();
        }
        var _ = context.executor()
                .schedule(
                        () -> {
                            var _ = context.close();
                        },
                        MOST_SECONDS,
                        TimeUnit.SECONDS);
        context.read();
    }

    /// What comes of a request that is answered.
    private static final class Dropped extends ChannelInboundHandlerAdapter {

        private int bytes;

        @Override
        public void channelRead(ChannelHandlerContext context, @Nullable Object message) {
            if (message instanceof ByteBuf piece) {
                bytes += piece.readableBytes();
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (bytes > MOST_BYTES) {
                var _ = context.close();
            } else {
                context.read();
            }
        }
    }
}
