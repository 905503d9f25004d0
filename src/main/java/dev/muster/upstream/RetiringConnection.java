package dev.muster.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import reactor.netty.NettyPipeline;

/// Has an HTTP/2 connection whose upstream takes no more requests on it carry to their end those that it has, and then
/// closes it.
///
/// Reactor Netty's pool opens no stream on a connection that has received a GOAWAY. One whose upstream allows no
/// streams (`SETTINGS_MAX_CONCURRENT_STREAMS` of 0) it takes for one of HTTP/1.1, and one that refuses streams for as
/// good as any; to have these passed over, too, a connection is told of a GOAWAY that spares every stream.
final class RetiringConnection extends ChannelInboundHandlerAdapter {

    static final String ALLOWS_NO_STREAMS = "the upstream allows no requests on its HTTP/2 connection";

    private boolean settled;

    private RetiringConnection() {}

    /// Adds it to a connection that has the codec of HTTP/2 frames, behind what hands streams their frames.
    static void watch(ChannelPipeline connection) {
        connection.addAfter(NettyPipeline.H2MultiplexHandler, null, new RetiringConnection());
    }

    /// Has `connection` open no more streams. To be called on its event loop.
    static void retire(Channel connection) {
        Http2FrameCodec codec = connection.pipeline().get(Http2FrameCodec.class);
        if (codec != null) {
            retire(codec.connection());
        }
    }

    private static void retire(Http2Connection connection) {
        if (!connection.goAwayReceived()) {
            try {
                connection.goAwayReceived(Integer.MAX_VALUE, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER);
            } catch (Http2Exception impossible) {
                throw new IllegalStateException("the first GOAWAY raises no last stream", impossible);
            }
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        Http2Connection connection = connection(context);
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                closeWhenIdle(context, connection);
            }

            @Override
            public void onGoAwayReceived(int lastStream, long errorCode, ByteBuf debugData) {
                closeWhenIdle(context, connection);
            }
        });
    }

    /// Not at once: what the last stream has brought is still on its way to the call.
    private static void closeWhenIdle(ChannelHandlerContext context, Http2Connection connection) {
        if (connection.goAwayReceived() && connection.numActiveStreams() == 0) {
            context.executor().execute(() -> {
                if (connection.numActiveStreams() == 0) {
                    var _ = context.close();
                }
            });
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof Http2SettingsFrame frame) {
            Long streams = frame.settings().maxConcurrentStreams();
            if (streams != null && streams == 0) {
                if (!settled) {
                    ReferenceCountUtil.release(message);
                    context.fireExceptionCaught(new NotProcessedException(ALLOWS_NO_STREAMS));
                    var _ = context.close();
                    return;
                }
                retire(connection(context));
            }
            settled = true;
        }
        context.fireChannelRead(message);
    }

    private static Http2Connection connection(ChannelHandlerContext context) {
        return context.pipeline().get(Http2FrameCodec.class).connection();
    }
}
