package dev.muster.server;

import dev.muster.upstream.NextTurn;
import io.netty.channel.Channel;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// How many connections clients may have. Beyond that one goes, if there is one whose client waits for nothing: of
/// those that never had a request the oldest, else the one that has been without for longest, else the one whose
/// request has been on its way for longest. If all are being answered, no other is taken on.
final class ConnectionLimit {

    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    /// Those that never had a request, those that have none now, and those whose request has not come whole: in each,
    /// the one that has been so for longest first.
    private final Set<Channel> unused = new LinkedHashSet<>();
    private final Set<Channel> idle = new LinkedHashSet<>();
    private final Set<Channel> arriving = new LinkedHashSet<>();

    ConnectionLimit(int most) {
        this.most = most;
    }

    /// Takes a connection on.
    ///
    /// @return whether there was room, or has been made
    boolean add(Channel connection) {
        if (open.get() >= most && !closeOne()) {
            return false;
        }
        open.incrementAndGet();
        stands(connection, unused);
        var _ = connection.closeFuture().addListener(_ -> {
            open.decrementAndGet();
            isInUse(connection);
        });
        return true;
    }

    private synchronized boolean closeOne() {
        Channel longest = removeFirst(unused);
        if (longest == null) {
            longest = removeFirst(idle);
        }
        if (longest != null) {
            afterNextLook(longest, ConnectionDrain::closeIfIdle);
            return true;
        }
        longest = removeFirst(arriving);
        if (longest != null) {
            afterNextLook(longest, UnreadRequest::closeIfComing);
            return true;
        }
        return false;
    }

    private static @Nullable Channel removeFirst(Set<Channel> connections) {
        Iterator<Channel> first = connections.iterator();
        if (!first.hasNext()) {
            return null;
        }
        Channel connection = first.next();
        first.remove();
        return connection;
    }

    /// Has `close` decide when the event loop has looked at its sockets once more: what it has not seen may be there.
    private static void afterNextLook(Channel connection, Consumer<Channel> close) {
        NextTurn.ofOther(connection.eventLoop(), () -> close.accept(connection));
    }

    /// A request of the connection has begun, and has not come whole.
    void arrives(Channel connection) {
        stands(connection, arriving);
    }

    /// A request of the connection is there, and to be answered.
    synchronized void isInUse(Channel connection) {
        unused.remove(connection);
        idle.remove(connection);
        arriving.remove(connection);
    }

    /// The connection's last request is answered.
    void idles(Channel connection) {
        stands(connection, idle);
    }

    private synchronized void stands(Channel connection, Set<Channel> connections) {
        if (connection.isOpen() && !connections.contains(connection)) {
            isInUse(connection);
            connections.add(connection);
        }
    }
}
