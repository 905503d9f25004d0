package dev.muster.acceptance;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/// Sees every TCP connection that Muster begins to open, at the call that hands it to the operating system.
final class ConnectProbe implements LoopResources {

    private final LoopResources delegate = LoopResources.create("probed");
    private final Queue<InetSocketAddress> connects = new ConcurrentLinkedQueue<>();

    /// Where connections were begun to since the last [#forget()].
    Queue<InetSocketAddress> connects() {
        return connects;
    }

    void forget() {
        connects.clear();
    }

    @Override
    public EventLoopGroup onServer(boolean useNative) {
        return delegate.onServer(false);
    }

    @Override
    public EventLoopGroup onClient(boolean useNative) {
        return delegate.onClient(false);
    }

    @Override
    public EventLoopGroup onServerSelect(boolean useNative) {
        return delegate.onServerSelect(false);
    }

    @Override
    public <C extends Channel> C onChannel(Class<C> type, EventLoopGroup group) {
        return type.equals(SocketChannel.class) ? type.cast(new Probed()) : delegate.onChannel(type, group);
    }

    @Override
    public <C extends Channel> Class<? extends C> onChannelClass(Class<C> type, EventLoopGroup group) {
        return delegate.onChannelClass(type, group);
    }

    @Override
    public Mono<Void> disposeLater(Duration quietPeriod, Duration timeout) {
        return delegate.disposeLater(quietPeriod, timeout);
    }

    private final class Probed extends NioSocketChannel {

        @Override
        protected boolean doConnect(SocketAddress remote, @Nullable SocketAddress local) throws Exception {
            connects.add((InetSocketAddress) remote);
            return super.doConnect(remote, local);
        }
    }
}
