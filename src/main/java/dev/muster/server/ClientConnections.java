package dev.muster.server;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpServerCodec;
import java.time.Duration;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import reactor.core.scheduler.Scheduler;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpRequestDecoderSpec;

/// Puts into the connections of a server what decides of them, in the order in which they have to stand.
public final class ClientConnections implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {

    private final ConnectionLimit limit;
    private final Acceptor acceptor;
    private final ConnectionDrain drain;

    /// @param most how many there may be
    /// @param lull how long nobody connects before the port is closed, and how long a connection may then be
    ///             without a request
    public ClientConnections(int most, Duration lull, Scheduler timer) {
        this.limit = new ConnectionLimit(most);
        this.acceptor = new Acceptor(limit, lull, timer);
        this.drain = new ConnectionDrain(acceptor, lull, timer);
    }

    /// What ends them.
    public ConnectionDrain drain() {
        return drain;
    }

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server -> {
            HttpRequestDecoderSpec decoder = server.configuration().decoder();
            return acceptor.install(server).doOnChannelInit((_, channel, _) -> install(channel.pipeline(), decoder));
        });
    }

    private void install(ChannelPipeline connection, HttpRequestDecoderSpec decoder) {
        var unread = new UnreadRequest(limit);
        var keepAlive = new KeepAlive(() -> unread.endsConnection() || drain.closesWhenAnswered());
        connection.addLast(keepAlive.answers());
        // Not there where the protocol is yet to be negotiated, or is HTTP/2, whose streams end by themselves.
        if (connection.get(NettyPipeline.HttpCodec) instanceof HttpServerCodec) {
            RequestHeads.bound(connection, decoder);
            connection.addAfter(NettyPipeline.HttpCodec, null, keepAlive.requests());
            connection.addAfter(NettyPipeline.HttpCodec, null, unread);
        }
    }
}
