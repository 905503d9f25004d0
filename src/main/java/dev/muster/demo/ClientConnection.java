package dev.muster.demo;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/// One client's connection: reports to [Seen] what happens on it, and can be cut.
///
/// It counts on the wire and not by Reactor's signals, which report a client's going away in the middle of a body as
/// completion, and the end of a small answer only after the client may already have it.
final class ClientConnection extends ChannelDuplexHandler {

    private final Seen seen;
    private Seen.@Nullable Visit visit;

    private ClientConnection(Seen seen) {
        this.seen = seen;
    }

    /// Watches a new channel from behind the handler that lets pipelined requests through one by one.
    static void watch(Channel channel, Seen seen) {
        channel.pipeline().addBefore(NettyPipeline.ReactiveBridge, "demo.connection", new ClientConnection(seen));
    }

    static ClientConnection of(Channel channel) {
        return channel.pipeline().get(ClientConnection.class);
    }

    /// Counts a request; to be called on the event loop.
    void begin(String pattern) {
        visit = seen.begin(pattern);
    }

    /// Cuts the connection: the client sees RST and no orderly end.
    @SuppressWarnings("FutureReturnValueIgnored") // nobody is left to be told
    static void reset(Channel channel) {
        channel.eventLoop().execute(() -> {
            if (!channel.isActive()) {
                return;
            }
            of(channel).end(Seen.Ending.RESET);
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        });
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        seen.connected();
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(Seen.Ending.ABORTED);
        seen.disconnected();
        context.fireChannelInactive();
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // it is the caller's promise
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof LastHttpContent && !isInterim(message)) {
            end(Seen.Ending.COMPLETED);
        }
        context.write(message, promise);
    }

    /// `100 Continue` is a whole message, but not the answer.
    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }

    private void end(Seen.Ending ending) {
        if (visit != null) {
            visit.end(ending);
            visit = null;
        }
    }
}
