package dev.muster.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ServerChannelRecvByteBufAllocator;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.FutureMono;
import reactor.netty.http.server.HttpServer;

/// Takes clients' connections on while there is room for them, and closes the port without cutting one off.
///
/// What the system has taken for a port and nobody has accepted is reset when the port is closed. So that it is
/// nothing,
/// the port is closed just when connections were accepted until none waited. Netty would accept one and look again
/// later, and thus never know.
final class Acceptor {

    static final int MOST_AT_ONCE = 256;

    private final ChannelGroup open = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);
    private final ConnectionLimit limit;
    private final Duration lull;
    private final Scheduler timer;
    private volatile @Nullable Channel port;
    private volatile boolean closes;

    /// @param lull how long nobody connects before the port is closed
    Acceptor(ConnectionLimit limit, Duration lull, Scheduler timer) {
        this.limit = limit;
        this.lull = lull;
        this.timer = timer;
    }

    HttpServer install(HttpServer server) {
        return server.option(ChannelOption.RECVBUF_ALLOCATOR, untilNoneWaits()).doOnBound(this::listensOn);
    }

    static RecvByteBufAllocator untilNoneWaits() {
        return new ServerChannelRecvByteBufAllocator()
                .respectMaybeMoreData(false)
                .maxMessagesPerRead(MOST_AT_ONCE);
    }

    private void listensOn(DisposableServer server) {
        closes = false;
        server.channel().pipeline().addFirst(new Accepted());
        port = server.channel();
    }

    /// The connections that were taken on and are not closed.
    ChannelGroup open() {
        return open;
    }

    /// Closes the port when none waits behind the next that connects, or if nobody does within the lull.
    Mono<Void> closePort() {
        return Mono.defer(() -> {
            Channel listening = port;
            if (listening == null) {
                return Mono.empty();
            }
            closes = true;
            return FutureMono.from(listening.closeFuture())
                    .timeout(lull, Mono.defer(() -> FutureMono.from(listening.close())), timer);
        });
    }

    /// Notes a connection before anything of it is read, so that none is missing once the port is closed.
    private final class Accepted extends ChannelInboundHandlerAdapter {

        private int atOnce;

        @Override
        public void channelRead(ChannelHandlerContext context, Object connection) {
            atOnce++;
            var accepted = (Channel) connection;
            if (limit.add(accepted)) {
                open.add(accepted);
                context.fireChannelRead(accepted);
            } else {
                accepted.unsafe().closeForcibly();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (closes && atOnce > 0 && atOnce < MOST_AT_ONCE) {
                var _ = context.close();
            }
            atOnce = 0;
            context.fireChannelReadComplete();
        }
    }
}
