package dev.muster.server;

import dev.muster.plan.NanoClock;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;

/// Cuts clients off that do not take what is written to them: what they leave in the socket is held in memory, and a
/// batch that nobody reads goes on calling its upstreams. Reactor Netty would wait for them for ever. The connection's
/// end cancels the batch.
///
/// The time is a total for each piece, a document or an event of a stream. Merely to look for progress would let a
/// client hold a large answer for hours, a byte at a time.
///
/// Where others need the memory, a client has a second to take anything, on Linux.
public final class StalledClients implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {

    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private final Duration timeout;
    private final NanoClock clock;
    private final Backlogs backlogs = new Backlogs();
    private final AtomicLong nextLookAt;

    /// @param timeout how long a client may take for one piece
    public StalledClients(Duration timeout, NanoClock clock) {
        this.timeout = timeout;
        this.clock = clock;
        this.nextLookAt = new AtomicLong(clock.nanos());
    }

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server ->
                server.doOnChannelInit((_, channel, _) -> channel.pipeline().addFirst(new CutOff(timeout), backlogs)));
    }

    /// Memory is short: whoever has taken nothing for a second is cut off.
    void makeRoom() {
        long now = clock.nanos();
        long next = nextLookAt.get();
        if (now - next >= 0 && nextLookAt.compareAndSet(next, now + PATIENCE.toNanos())) {
            backlogs.closeThoseThatTakeNothing();
        }
    }

    private static final class CutOff extends WriteTimeoutHandler {

        private CutOff(Duration timeout) {
            super(timeout.toNanos(), TimeUnit.NANOSECONDS);
        }

        /// Without the exception that Netty would send up the pipeline, and into the log.
        @Override
        protected void writeTimedOut(ChannelHandlerContext context) {
            var _ = context.close();
        }
    }

    /// Knows those of whom much is to be taken.
    @Sharable
    private static final class Backlogs extends ChannelInboundHandlerAdapter {

        private final Set<Channel> connections = ConcurrentHashMap.newKeySet();

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            Channel connection = context.channel();
            if (connection.isWritable()) {
                connections.remove(connection);
            } else {
                connections.add(connection);
            }
            context.fireChannelWritabilityChanged();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            connections.remove(context.channel());
            context.fireChannelInactive();
        }

        private void closeThoseThatTakeNothing() {
            for (Channel connection : connections) {
                connection.eventLoop().execute(() -> {
                    if (takesNothing(connection)) {
                        var _ = connection.close();
                    }
                });
            }
        }

        /// Asks the system, which has a few megabytes to send before Netty hears that the client has taken anything.
        private static boolean takesNothing(Channel connection) {
            return connection instanceof EpollSocketChannel socket
                    && socket.isActive()
                    && !socket.isWritable()
                    && socket.tcpInfo().lastDataSent() >= PATIENCE.toMillis();
        }
    }
}
