package dev.muster;

import io.netty.channel.Channel;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// How many connections clients may have. Beyond that, the one goes that has been without a request for longest; if all
/// are in use, no other is taken on.
final class ConnectionLimit {

    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    /// Those without a request, the one that has been so for longest first.
    private final Set<Channel> idle = new LinkedHashSet<>();

    ConnectionLimit(int most) {
        this.most = most;
    }

    /// Takes a connection on.
    ///
    /// @return whether there was room, or has been made
    boolean add(Channel connection) {
        if (open.get() >= most && !closeLongestIdle()) {
            return false;
        }
        open.incrementAndGet();
        idles(connection);
        var _ = connection.closeFuture().addListener(_ -> {
            open.decrementAndGet();
            isBusy(connection);
        });
        return true;
    }

    private boolean closeLongestIdle() {
        Channel longest = removeLongestIdle();
        if (longest == null) {
            return false;
        }
        longest.eventLoop().execute(() -> ClientConnections.closeIfIdle(longest));
        return true;
    }

    private @Nullable Channel removeLongestIdle() {
        synchronized (idle) {
            Iterator<Channel> longest = idle.iterator();
            if (!longest.hasNext()) {
                return null;
            }
            Channel connection = longest.next();
            longest.remove();
            return connection;
        }
    }

    /// A request of the connection has begun.
    void isBusy(Channel connection) {
        synchronized (idle) {
            idle.remove(connection);
        }
    }

    /// The connection's last request is answered.
    void idles(Channel connection) {
        synchronized (idle) {
            if (connection.isOpen()) {
                idle.add(connection);
            }
        }
    }
}
