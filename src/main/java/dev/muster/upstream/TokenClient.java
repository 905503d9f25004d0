package dev.muster.upstream;

import dev.muster.egress.EgressAddressResolverGroup;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;

/// What access tokens are fetched with: by the same addresses as all else, and with a connection of its own for each,
/// as that is seldom.
public final class TokenClient {

    private TokenClient() {}

    public static WebClient create(LoopResources loops, EgressAddressResolverGroup resolver) {
        HttpClient http = HttpClient.create(ConnectionProvider.newConnection())
                .runOn(loops)
                .resolver(resolver)
                .noProxy()
                .followRedirect(false)
                .disableRetry(true);
        return WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(http))
                .build();
    }
}
