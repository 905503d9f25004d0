package dev.muster.server;

import io.netty.channel.Channel;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.FutureMono;
import reactor.netty.channel.ChannelOperations;

/// Ends the connections of the clients when Muster stops, each with an answer that says so.
///
/// Reactor Netty's own stop closes those without a request at that moment (reactor-netty#1262). It cuts requests off
/// that are on their way, and their clients cannot tell whether they were taken on.
public final class ConnectionDrain {

    private final Acceptor acceptor;
    private final Duration lull;
    private final Scheduler timer;
    private volatile boolean closes;

    /// @param lull how long a connection may be without a request once the port is closed
    ConnectionDrain(Acceptor acceptor, Duration lull, Scheduler timer) {
        this.acceptor = acceptor;
        this.lull = lull;
        this.timer = timer;
    }

    /// From now on every answer ends its connection, and tells the client by `Connection: close`.
    public void closeWhenAnswered() {
        closes = true;
    }

    /// Answers leave their connections open again.
    public void keepAlive() {
        closes = false;
    }

    boolean closesWhenAnswered() {
        return closes;
    }

    /// Closes the port, within the lull, and completes when all connections are closed: those in use by their last
    /// answer, the others after the lull.
    public Mono<Void> runDry() {
        return acceptor.closePort()
                .then(Flux.interval(lull, timer)
                        .doOnNext(_ -> acceptor.open().forEach(ConnectionDrain::closeIfIdle))
                        .takeUntilOther(FutureMono.deferFuture(acceptor.open()::newCloseFuture))
                        .then());
    }

    /// Closes those that are still open, whatever is left to be written to them.
    public Mono<Void> closeAll() {
        return FutureMono.deferFuture(acceptor.open()::close);
    }

    /// By the connection's own thread, between whose tasks no request begins.
    static void closeIfIdle(Channel connection) {
        connection.eventLoop().execute(() -> {
            if (ChannelOperations.get(connection) == null) {
                var _ = connection.close();
            }
        });
    }
}
