package dev.muster.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// Says how an HTTP/2 stream ended that brought no complete response: reset by the upstream, or not processed at all
/// (RFC 9113, section 8.7), because the upstream refused it, had ended its connection before it, or never got it.
/// Reactor Netty fails all of them alike, as closed before the response.
///
/// Only once the stream is closed: what had come before is passed on first, and may be the whole response.
final class StreamEnding extends ChannelDuplexHandler {

    private final Runnable onNothingSent;

    private boolean begun;
    private boolean complete;
    private @Nullable IOException ending;

    /// @param onNothingSent told when not even the head of the request has left
    StreamEnding(Runnable onNothingSent) {
        this.onNothingSent = onNothingSent;
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        ChannelPromise written = promise;
        if (message instanceof HttpRequest) {
            written = promise.unvoid();
            var _ = written.addListener(head -> {
                if (!head.isSuccess() && neverBegan(context.channel())) {
                    onNothingSent.run();
                    end(context, new NotProcessedException("the HTTP/2 connection took no more requests"));
                }
            });
        }
        var _ = context.write(message, written);
    }

    private static boolean neverBegan(Channel channel) {
        return channel instanceof Http2StreamChannel stream && stream.stream().state() == Http2Stream.State.IDLE;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        begun |= message instanceof HttpResponse;
        complete |= message instanceof LastHttpContent;
        context.fireChannelRead(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof Http2GoAwayFrame) {
            ending = new NotProcessedException("the upstream ended the HTTP/2 connection before this request");
        } else if (event instanceof Http2ResetFrame reset) {
            boolean refused = reset.errorCode() == Http2Error.REFUSED_STREAM.code();
            if (refused) {
                RetiringConnection.retire(context.channel().parent());
            }
            ending = refused && !begun
                    ? new NotProcessedException("the upstream refused the HTTP/2 stream")
                    : new StreamResetException();
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        IOException how = ending;
        if (how != null) {
            end(context, how);
        }
        context.fireChannelInactive();
    }

    private void end(ChannelHandlerContext context, IOException how) {
        if (!complete) {
            complete = true;
            context.fireExceptionCaught(how);
        }
    }
}
