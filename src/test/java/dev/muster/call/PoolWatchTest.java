package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

class PoolWatchTest {

    private static final int HOSTS = 200;
    private static final Duration BRIEF = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Test
    void poolsOfManyHostsAreAddedUpAndForgottenWhenTheyAreNoLongerUsed() throws IOException {
        var watch = new PoolWatch();
        var pools = ConnectionProvider.builder("many")
                .metrics(true, () -> watch)
                .maxIdleTime(BRIEF)
                .evictInBackground(BRIEF)
                .disposeInactivePoolsInBackground(BRIEF, BRIEF)
                .build();
        // It listens at one address only: at all others of the network, its port refuses.
        try (var one = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int most = Flux.range(1, HOSTS)
                    .flatMap(host -> HttpClient.create(pools)
                            .get()
                            .uri("http://127.5.0.%d:%d/".formatted(host, one.getLocalPort()))
                            .response()
                            .map(_ -> 0)
                            .onErrorResume(_ -> Mono.just(watch.usage().hosts())))
                    .reduce(0, Math::max)
                    .blockOptional(PATIENCE)
                    .orElseThrow();

            assertThat(most).isBetween(HOSTS / 10, HOSTS);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(watch.usage()).isEqualTo(new PoolUsage(0, 0, 0, 0)));
        } finally {
            pools.dispose();
        }
    }
}
