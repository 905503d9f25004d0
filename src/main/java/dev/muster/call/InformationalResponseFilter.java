package dev.muster.call;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/// Drops interim responses (RFC 9110, section 15.2) of an HTTP/1.1 connection.
///
/// Reactor Netty knows only `100`: it would take an early `103` for the final response and hand the real one to the
/// next
/// user of the connection. There may be as many as [#MOST] before a final response.
final class InformationalResponseFilter extends ChannelInboundHandlerAdapter {

    static final int MOST = 100;

    private int dropped;
    private boolean dropping;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpResponse response) {
            dropping = isInterim(response.status());
            dropped = dropping ? dropped + 1 : 0;
        }
        if (!dropping) {
            context.fireChannelRead(message);
            return;
        }
        ReferenceCountUtil.release(message);
        if (dropped > MOST) {
            context.fireExceptionCaught(
                    new ProtocolException("more than %d interim responses and no final one".formatted(MOST)));
            var _ = context.close();
        } else if (message instanceof LastHttpContent) {
            dropping = false;
            context.read();
        }
    }

    private static boolean isInterim(HttpResponseStatus status) {
        return status.codeClass() == HttpStatusClass.INFORMATIONAL && status.code() != 101;
    }
}
