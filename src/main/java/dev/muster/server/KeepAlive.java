package dev.muster.server;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import java.util.function.BooleanSupplier;

/// Which answer is the last of an HTTP/1.1 connection: that to the request after which the client wants no other, or
/// the next when something else ends the connection. It says so, by `Connection: close`.
///
/// Reactor Netty closes a connection with the answer before that to the last request, if they are pipelined; and if the
/// last request comes when the answer before it is written but not yet told to be, it is forgotten (seen in 1.3.8). So
/// Reactor Netty is not told of the client's wish, and learns it by the answer.
final class KeepAlive {

    private final Requests requests = new Requests();
    private final Answers answers = new Answers();
    private final BooleanSupplier endsWithNext;

    /// @param endsWithNext whether the answer that is about to be written is the last, whatever the client wants
    KeepAlive(BooleanSupplier endsWithNext) {
        this.endsWithNext = endsWithNext;
    }

    /// Sees the requests before Reactor Netty does.
    ChannelHandler requests() {
        return requests;
    }

    /// Sees the answers before Reactor Netty does.
    ChannelHandler answers() {
        return answers;
    }

    /// Counts what is to be answered, up to the request after which the client wants no other.
    private static final class Requests extends ChannelInboundHandlerAdapter {

        private int unanswered;
        private boolean last;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof HttpRequest request && !last) {
                unanswered++;
                last = !HttpUtil.isKeepAlive(request);
                if (last) {
                    HttpUtil.setKeepAlive(request, true);
                }
            }
            context.fireChannelRead(message);
        }

        /// Notes an answer, and tells whether it is that to the last request.
        private boolean lastAnswered() {
            unanswered--;
            return last && unanswered == 0;
        }
    }

    private final class Answers extends ChannelOutboundHandlerAdapter {

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise written) {
            if (message instanceof HttpResponse answer
                    && answer.status().codeClass() != HttpStatusClass.INFORMATIONAL
                    && (requests.lastAnswered() || endsWithNext.getAsBoolean())) {
                HttpUtil.setKeepAlive(answer, false);
            }
            var _ = context.write(message, written);
        }
    }
}
