package dev.muster.upstream;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/// Has an event loop begin to open so many connections in a turn. The rest waits, first come, first served, for the
/// next turn, and so behind what the connections that are being opened need the loop for.
///
/// A loop that began them all at once would have none open for long, TLS above all: every handshake takes the loop's
/// time twice. A hundred of them in a cold JVM would outlive their calls, be given up, and begin anew with the next.
@Sharable
final class ConnectPacer extends ChannelOutboundHandlerAdapter {

    private static final int PER_TURN = 8;

    private final FastThreadLocal<Line> lines = new FastThreadLocal<>() {
        @Override
        protected Line initialValue() {
            return new Line();
        }
    };
    private final Consumer<ChannelHandlerContext> onWait;
    private final Consumer<ChannelHandlerContext> onConnect;

    /// @param onWait    told when a connection has to wait for its turn
    /// @param onConnect told when it no longer does
    ConnectPacer(Consumer<ChannelHandlerContext> onWait, Consumer<ChannelHandlerContext> onConnect) {
        this.onWait = onWait;
        this.onConnect = onConnect;
    }

    @Override
    public void connect(
            ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
        lines.get().enter(new Connect(context, remote, local, promise));
    }

    private record Connect(
            ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {

        boolean isWanted() {
            return context.channel().isOpen();
        }

        void begin() {
            var _ = context.connect(remote, local, promise);
        }

        void drop() {
            promise.tryFailure(new ClosedChannelException());
        }
    }

    /// The connections of one event loop.
    private final class Line {

        private final Queue<Connect> waiting = new ArrayDeque<>();
        private int begun;
        private boolean scheduled;

        void enter(Connect connect) {
            if (begun < PER_TURN && waiting.isEmpty()) {
                begin(connect);
            } else {
                onWait.accept(connect.context());
                waiting.add(connect);
            }
        }

        private void turn() {
            scheduled = false;
            begun = 0;
            while (begun < PER_TURN && !waiting.isEmpty()) {
                Connect next = waiting.remove();
                if (next.isWanted()) {
                    onConnect.accept(next.context());
                    begin(next);
                } else {
                    next.drop();
                }
            }
        }

        private void begin(Connect connect) {
            begun++;
            if (!scheduled) {
                scheduled = true;
                EventLoop loop = connect.context().channel().eventLoop();
                // What a loop schedules for now itself is due in its next turn, after the sockets.
                NextTurn.of(loop, this::turn);
            }
            connect.begin();
        }
    }
}
