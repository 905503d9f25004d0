package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.CallPlans;
import dev.muster.call.LiveCall;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.service.Protocol;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

/// What is kept of the hosts that are called.
@ExtendWith(NoLeaks.class)
class HostPoolsTest {

    private static final int MOST = 20;

    @ParameterizedTest
    @ValueSource(strings = {"a.test", "A.test", "127.0.0.1", "under_score.test"})
    void aPoolWithItsConnectionHoldsNothingOfTheCallsThatItServed(String host) {
        DisposableServer server = server();
        try (var upstreams = Upstreams.open()) {
            List<WeakReference<?>> calls = threeCalls(upstreams, host, server);

            awaitCollected(calls);
            assertThat(upstreams.usage()).isEqualTo(new PoolUsage(1, 0, 1, 0));
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aConnectionOfHttp2HoldsNoCallThatItServed() {
        DisposableServer server = server();
        try (var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            List<WeakReference<?>> calls = new ArrayList<>(threeCalls(upstreams, "a.test", server));
            // Reactor Netty keeps the URLs of the first and the last.
            calls.removeIf(call -> call.get() instanceof URI);

            awaitCollected(calls);
            assertThat(upstreams.usage().active()).isOne();
        } finally {
            server.disposeNow();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "H2C"})
    void thePoolsOfHostsAreBoundedByNumber(Protocol protocol) {
        DisposableServer server = server();
        try (var upstreams = Upstreams.with().protocol(protocol).mostHosts(MOST).open()) {
            int most = Flux.range(0, 5 * MOST)
                    .flatMap(host -> make(upstreams, "h%d.test".formatted(host), server), MOST / 4)
                    .map(_ -> upstreams.usage().hosts())
                    .reduce(0, Math::max)
                    .blockOptional(BOUND)
                    .orElseThrow();

            assertThat(most).isBetween(MOST / 2, MOST);
            await().atMost(BOUND)
                    .until(() -> upstreams.usage().active() + upstreams.usage().idle() <= MOST);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void theHostThatHasNotBeenCalledForLongestGoesFirst() throws Exception {
        try (var server = RawServer.answering(RawServer.ok("ok"));
                var upstreams = Upstreams.with().mostHosts(MOST).open()) {
            int hosts = 5 * MOST;
            for (int host = 0; host < hosts; host++) {
                upstreams.call(CallPlans.to(server.url("/").replace("127.0.0.1", "often.test")));
                upstreams.call(CallPlans.to(server.url("/").replace("127.0.0.1", "h%d.test".formatted(host))));
            }
            assertThat(server.accepted()).isEqualTo(hosts + 1);
        }
    }

    @Test
    void callsThatAreUnderWayKeepTheirPools() throws Exception {
        var answer = new CountDownLatch(1);
        try (var server = RawServer.serving(peer -> {
                    peer.read();
                    peer.await(answer);
                    peer.write(RawServer.ok("ok"));
                });
                var upstreams = Upstreams.with().mostHosts(MOST).open()) {
            var succeeded = Flux.range(0, 2 * MOST)
                    .map(host -> CallPlans.to(server.url("/").replace("127.0.0.1", "h%d.test".formatted(host)))
                            .build())
                    .flatMap(plan -> upstreams.make(plan, upstreams.live(plan)), 2 * MOST)
                    .filter(CallOutcome.Succeeded.class::isInstance)
                    .count()
                    .toFuture();
            await().atMost(BOUND).until(() -> upstreams.usage().active() == 2 * MOST);
            answer.countDown();

            assertThat(succeeded).succeedsWithin(BOUND).isEqualTo(2L * MOST);
        }
    }

    @Test
    void aCallThatIsNotBegunKeepsNoPool() {
        try (var upstreams = Upstreams.open()) {
            Mono<UpstreamResponse> exchange =
                    upstreams.exchange(CallPlans.to("http://a.test/").build());

            assertThat(exchange).isNotNull();
            assertThat(upstreams.usage().hosts()).isZero();
        }
    }

    private static void awaitCollected(List<WeakReference<?>> calls) {
        await().atMost(BOUND).untilAsserted(() -> {
            System.gc();
            assertThat(calls).extracting(WeakReference::get).containsOnlyNulls();
        });
    }

    private static List<WeakReference<?>> threeCalls(Upstreams upstreams, String host, DisposableServer server) {
        List<WeakReference<?>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            calls.addAll(call(upstreams, "http://%s:%d/%d".formatted(host, server.port(), i)));
        }
        return calls;
    }

    private static Mono<CallOutcome> make(Upstreams upstreams, String host, DisposableServer server) {
        CallPlan plan = CallPlans.to("http://%s:%d/".formatted(host, server.port()))
                .service(upstreams.service())
                .build();
        return upstreams.make(plan, upstreams.live(plan));
    }

    private static List<WeakReference<?>> call(Upstreams upstreams, String url) {
        CallPlan plan = CallPlans.to(url)
                .service(upstreams.service())
                .method("POST")
                .body(new byte[100], "text/plain")
                .build();
        LiveCall live = upstreams.live(plan);
        assertThat(Objects.requireNonNull(upstreams.make(plan, live).block(BOUND)))
                .isInstanceOf(CallOutcome.Succeeded.class);
        return List.of(
                new WeakReference<>(plan),
                new WeakReference<>(plan.destination().uri()),
                new WeakReference<>(live));
    }

    static DisposableServer server() {
        return HttpServer.create()
                .host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .protocol(HttpProtocol.HTTP11, HttpProtocol.H2C)
                .handle((request, response) -> response.sendString(
                        request.receive().aggregate().thenReturn("ok").defaultIfEmpty("ok")))
                .bindNow(BOUND);
    }
}
