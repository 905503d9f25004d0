package dev.muster.server;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.NonBlocking;
import reactor.netty.resources.LoopResources;

/// The event loops of clients' and upstreams' connections: a call stays on the one that took its batch.
///
/// As many as Reactor Netty would have; it lets nobody choose how they wait for sockets.
public final class EventLoops implements LoopResources {

    private final EventLoopGroup loops;
    private final EventLoopGroup colocated;
    private final AtomicBoolean disposed = new AtomicBoolean();

    public EventLoops(TransportProperties properties) {
        var number = new AtomicInteger();
        ThreadFactory threads = task -> new LoopThread(task, number.incrementAndGet());
        this.loops = new MultiThreadIoEventLoopGroup(DEFAULT_IO_WORKER_COUNT, threads, transport(properties));
        this.colocated = LoopResources.colocate(loops);
    }

    private static IoHandlerFactory transport(TransportProperties properties) {
        if (!DEFAULT_NATIVE || !LoopResources.hasNativeSupport()) {
            return NioIoHandler.newFactory();
        }
        IoHandlerFactory epoll = EpollIoHandler.newFactory();
        return properties.coalesce() ? CoalescingIoHandler.of(epoll) : epoll;
    }

    private static final class LoopThread extends FastThreadLocalThread implements NonBlocking {

        LoopThread(Runnable task, int number) {
            super(task, "muster-loop-" + number);
            setDaemon(true);
        }
    }

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return loops;
    }

    @Override
    public EventLoopGroup onClient(boolean useNative) {
        return colocated;
    }

    @Override
    public boolean daemon() {
        return true;
    }

    @Override
    public boolean isDisposed() {
        return disposed.get();
    }

    @Override
    public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
        return Mono.create(sink -> {
            disposed.set(true);
            var _ = loops.shutdownGracefully(quietPeriod.toMillis(), timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .addListener(_ -> sink.success());
        });
    }
}
