package dev.muster.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.acceptance.RawClient;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import reactor.core.scheduler.Schedulers;

@Timeout(30)
class ClientConnectionsTest {

    private final ClientConnections connections = new ClientConnections(1, Duration.ZERO, Schedulers.parallel());

    /// Requests are counted before Reactor Netty sees them, and the last answer is marked before Reactor Netty sees it.
    /// What ends a connection early hears of the answer after that.
    @Test
    void handlersStandOnBothSidesOfReactorNettys() throws Exception {
        var connection = new CompletableFuture<Channel>();
        var factory = new NettyReactiveWebServerFactory(0);
        factory.setAddress(InetAddress.ofLiteral("127.0.0.1"));
        connections.customize(factory);
        factory.addServerCustomizers(
                server -> server.doOnConnection(accepted -> connection.complete(accepted.channel())));
        var server = factory.getWebServer((_, response) -> response.setComplete());
        server.start();
        try (var client = new RawClient(server.getPort())) {
            client.get("/");
            client.readUntil("\r\n\r\n");

            assertThat(handlers(connection.get(10, TimeUnit.SECONDS)))
                    .containsSubsequence(
                            "HttpServerCodec",
                            "UnreadRequest",
                            "KeepAlive$Requests",
                            "HttpTrafficHandler",
                            "ChannelOperationsHandler",
                            "KeepAlive$Answers");
        } finally {
            server.stop();
        }
    }

    private static List<String> handlers(Channel connection) {
        List<String> names = new ArrayList<>();
        for (ChannelHandler handler : connection.pipeline().toMap().values()) {
            String name = handler.getClass().getName();
            names.add(name.substring(name.lastIndexOf('.') + 1));
        }
        return names;
    }
}
