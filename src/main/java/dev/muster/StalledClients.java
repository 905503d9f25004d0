package dev.muster;

import dev.muster.plan.GatewayProperties;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;

/// Cuts clients off that do not take what is written to them: what they leave in the socket is held in memory, and a
/// batch that nobody reads goes on calling its upstreams. The connection's end cancels the batch.
///
/// The time is a total for each piece, a document or an event of a stream. Merely to look for progress would let a
/// client hold a large answer for hours, a byte at a time.
final class StalledClients implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory> {

    private final Duration timeout;

    StalledClients(GatewayProperties gateway) {
        this.timeout = gateway.writeTimeout();
    }

    @Override
    public void customize(NettyReactiveWebServerFactory factory) {
        factory.addServerCustomizers(server ->
                server.doOnChannelInit((_, channel, _) -> channel.pipeline().addFirst(new CutOff(timeout))));
    }

    private static final class CutOff extends WriteTimeoutHandler {

        private CutOff(Duration timeout) {
            super(timeout.toNanos(), TimeUnit.NANOSECONDS);
        }

        /// Without the exception that the library would send up the pipeline, and into the log.
        @Override
        protected void writeTimedOut(ChannelHandlerContext context) {
            var _ = context.close();
        }
    }
}
