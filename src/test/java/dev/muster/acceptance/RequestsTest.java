package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.MusterApplication;
import dev.muster.call.RawServer;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/// Which requests leave for which service: each by that service's leave, and each counted once, as upstreams count.
@SpringBootTest(classes = MusterApplication.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@TestPropertySource(
        properties = {
            "management.server.port=0",
            "muster.gateway.timeout=10s",
            "muster.services.default.timeout=5s",
            "muster.services.default.connect-timeout=2s",
            "muster.services.hedged.hedge.after=50ms",
            "muster.services.shared.coalesce=true",
            "muster.services.cached.cache.max-size=1MB",
            "muster.services.kept.fallback.last-good=1h",
            "muster.services.narrow.max-connections=1",
            "muster.services.narrow.max-pending=1",
            "muster.services.second.hosts=127.0.0.1",
            "muster.services.limited.hosts=localhost",
            "resilience4j.circuitbreaker.configs.default.minimum-number-of-calls=1000000",
            "resilience4j.retry.instances.retried.wait-duration=1ms",
            "resilience4j.retry.instances.retried.max-attempts=3",
            "resilience4j.bulkhead.instances.first.max-concurrent-calls=100",
            "resilience4j.bulkhead.instances.second.max-concurrent-calls=100",
            "resilience4j.ratelimiter.instances.limited.limit-for-period=1",
            "resilience4j.ratelimiter.instances.limited.limit-refresh-period=1h",
        })
@Timeout(60)
class RequestsTest {

    private static final List<String> SERVICES =
            List.of("first", "retried", "hedged", "shared", "cached", "kept", "narrow");
    private static final Map<String, AtomicInteger> received = new ConcurrentHashMap<>();
    private static final Map<String, AtomicInteger> ofTarget = new ConcurrentHashMap<>();

    /// A path begins with the service's name, by which the upstream counts; what follows says what it does.
    private static final RawServer upstream = RawServer.serving(peer -> {
        RawServer.Request request = peer.read();
        while (request != null) {
            String[] path = request.target().split("/", 4);
            count(received, path[1]);
            answer(peer, path[2], count(ofTarget, request.target()));
            request = peer.read();
        }
    });

    private static final RawServer second = RawServer.serving(peer -> {
        RawServer.Request request = peer.read();
        while (request != null) {
            count(received, "second");
            answer(peer, request.target().substring(1).split("/", 2)[0], 1);
            request = peer.read();
        }
    });

    private static int count(Map<String, AtomicInteger> counts, String name) {
        return counts.computeIfAbsent(name, _ -> new AtomicInteger()).incrementAndGet();
    }

    private static void answer(RawServer.Peer peer, String what, int nth) throws IOException {
        switch (what) {
            case "ok" -> peer.write(RawServer.ok("{}"));
            case "slow" -> {
                peer.pause(Duration.ofMillis(200));
                peer.write(RawServer.ok("{}"));
            }
            case "slow-once" -> {
                peer.pause(Duration.ofMillis(nth == 1 ? 1_000 : 0));
                peer.write(RawServer.ok("{}"));
            }
            case "busy" -> peer.write("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");
            case "busy-twice" ->
                peer.write(nth < 3 ? "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n" : RawServer.ok("{}"));
            case "reset" -> peer.reset();
            case "hold" -> peer.hold();
            case "fresh" ->
                peer.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncache-control: public, max-age=60\r\n\r\n");
            case "stale" ->
                peer.write(
                        nth == 1
                                ? head("200 OK", "content-length: 0", "etag: \"v\"", "cache-control: public, no-cache")
                                : head("304 Not Modified", "etag: \"v\""));
            case "good-once" ->
                peer.write(nth == 1 ? RawServer.ok("{}") : "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n");
            case "loop" -> redirect(peer, "loop");
            case "to-second" -> redirect(peer, second.url("/ok"));
            case "to-trouble" -> redirect(peer, second.url("/busy"));
            case "to-silence" -> redirect(peer, second.url("/hold"));
            case "to-itself" -> redirect(peer, "/first/ok");
            case "to-limited" -> redirect(peer, second.url("/ok").replace("127.0.0.1", "localhost"));
            default -> peer.write("HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n");
        }
    }

    private static String head(String status, String... headers) {
        return "HTTP/1.1 " + status + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
    }

    private static void redirect(RawServer.Peer peer, String location) throws IOException {
        peer.write("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: " + location + "\r\n\r\n");
    }

    @LocalServerPort
    private int port;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private CircuitBreakerRegistry breakers;

    @Autowired
    private BulkheadRegistry bulkheads;

    @Autowired
    private RateLimiterRegistry rateLimiters;

    private MusterClient muster;

    @DynamicPropertySource
    static void services(DynamicPropertyRegistry properties) {
        SERVICES.forEach(service ->
                properties.add("muster.services." + service + ".base-url", () -> upstream.url("/" + service)));
        properties.add("muster.services.second.base-url", () -> second.url(""));
        properties.add("muster.services.limited.base-url", () -> second.url("").replace("127.0.0.1", "localhost"));
        properties.add(
                "muster.services.gone.base-url", () -> "http://127.0.0.1:" + FaultyUpstream.refusingPort() + "/gone");
    }

    @BeforeEach
    void reset() {
        muster = new MusterClient(port);
        breakers.getAllCircuitBreakers().forEach(CircuitBreaker::reset);
    }

    @AfterEach
    void everyPermitIsBack() {
        for (Bulkhead bulkhead : List.of(bulkheads.bulkhead("first"), bulkheads.bulkhead("second"))) {
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> bulkhead.getMetrics().getAvailableConcurrentCalls() == 100);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"circuit-open", "bulkhead-full", "rate-limited"})
    void aRedirectIntoAServiceIsRefusedByItsGuards(String guard) {
        Bulkhead bulkhead = bulkheads.bulkhead("second");
        switch (guard) {
            case "circuit-open" -> breaker("second").transitionToForcedOpenState();
            case "bulkhead-full" -> {
                while (bulkhead.tryAcquirePermission()) {}
            }
            default -> rateLimiters.rateLimiter("limited").drainPermissions();
        }
        int before = received("second");
        try {
            JsonNode slot = muster.post(Batch.gather(
                            redirected((guard.equals("rate-limited") ? "/to-limited/" : "/to-second/") + guard)))
                    .slot("0");

            assertThat(Reply.describe(slot)).isEqualTo("rejected " + guard);
            assertThat(slot.at("/error/sent").booleanValue()).isTrue();
            assertThat(slot.path("attempts").intValue()).isEqualTo(1);
            assertThat(slot.path("redirects").size()).isEqualTo(1);
            assertThat(received("second")).isEqualTo(before);
            assertThat(breaker("first").getMetrics().getNumberOfSuccessfulCalls())
                    .isEqualTo(1);
        } finally {
            switch (guard) {
                case "circuit-open" -> breaker("second").reset();
                case "bulkhead-full" -> {
                    for (int i = 0; i < 100; i++) {
                        bulkhead.releasePermission();
                    }
                }
                default -> {}
            }
        }
    }

    @Test
    void eachBreakerSeesWhatItsOwnServiceAnswers() {
        muster.post(Batch.gather(redirected("/to-trouble/1"), redirected("/to-trouble/2"), redirected("/to-second/b")));
        muster.post(Batch.gather(redirected("/to-itself/1")));

        assertThat(counted("first")).isEqualTo("5 well, 0 in trouble");
        assertThat(counted("second")).isEqualTo("1 well, 2 in trouble");
    }

    @Test
    void aCallThatTimesOutBehindARedirectCountsAgainstTheServiceItWaitedFor() {
        Reply reply = muster.post(Batch.gather(redirected("/to-silence/1")));

        assertThat(reply.slots()).containsExactly("0 timed-out timeout");
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(counted("second")).isEqualTo("0 well, 1 in trouble"));
        assertThat(counted("first")).isEqualTo("1 well, 0 in trouble");
    }

    @Test
    void aCallThatIsCancelledBehindARedirectCountsForNobodyButWhoAnswered() {
        muster.post(Batch.gather(redirected("/to-silence/2")).with("timeout", "400ms"));

        assertThat(counted("second")).isEqualTo("0 well, 0 in trouble");
        assertThat(counted("first")).isEqualTo("1 well, 0 in trouble");
    }

    private String counted(String service) {
        var metrics = breaker(service).getMetrics();
        return "%d well, %d in trouble"
                .formatted(metrics.getNumberOfSuccessfulCalls(), metrics.getNumberOfFailedCalls());
    }

    private CircuitBreaker breaker(String service) {
        return breakers.circuitBreaker(service);
    }

    static List<Named<Consumer<MusterClient>>> everyWayOfBeingAsked() {
        return List.of(
                way(
                        "plainly",
                        muster -> muster.post(Batch.of("gather", Collections.nCopies(5, Call.to("first", "/ok"))))),
                way("again", muster -> muster.post(Batch.gather(Call.to("retried", "/busy-twice/a")))),
                way("again in vain", muster -> muster.post(Batch.gather(Call.to("retried", "/busy")))),
                way("again after a reset", muster -> muster.post(Batch.gather(Call.to("retried", "/reset")))),
                way("by a hedge", muster -> muster.post(Batch.gather(Call.to("hedged", "/slow-once/a")))),
                way(
                        "by redirects",
                        muster -> muster.post(Batch.gather(
                                redirected("/to-second/c"), redirected("/to-itself/2"), redirected("/loop/1")))),
                way(
                        "once for several",
                        muster ->
                                muster.post(Batch.of("gather", Collections.nCopies(5, Call.to("shared", "/slow/a"))))),
                way(
                        "once for several that are judged apart",
                        muster -> muster.post(Batch.gather(
                                Call.to("shared", "/slow/b"),
                                Call.to("shared", "/slow/b").with("success", List.of("404"))))),
                way(
                        "once for several that are given up",
                        muster -> muster.post(Batch.gather(
                                Call.to("shared", "/hold/c").with("timeout", "50ms"),
                                Call.to("shared", "/hold/c").with("timeout", "80ms")))),
                way("not, from the cache", muster -> {
                    for (int i = 0; i < 3; i++) {
                        muster.post(Batch.gather(Call.to("cached", "/fresh/a")));
                    }
                }),
                way("whether it still holds", muster -> {
                    for (int i = 0; i < 3; i++) {
                        muster.post(Batch.gather(Call.to("cached", "/stale/a")));
                    }
                }),
                way("before something stands in", muster -> {
                    for (int i = 0; i < 3; i++) {
                        muster.post(Batch.gather(Call.to("kept", "/good-once/a")));
                    }
                }),
                way(
                        "by too many",
                        muster ->
                                muster.post(Batch.of("gather", Collections.nCopies(5, Call.to("narrow", "/slow/a"))))),
                way(
                        "by some who get no connection in time",
                        muster -> muster.post(Batch.gather(
                                Call.to("narrow", "/slow/b"),
                                Call.to("narrow", "/slow/b").with("timeout", "20ms")))),
                way("where nobody listens", muster -> muster.post(Batch.gather(Call.to("gone", "/ok")))),
                way("where nobody may", muster -> muster.post(Batch.gather(Call.url("http://10.0.0.1/")))),
                way(
                        "in a race",
                        muster -> muster.post(
                                Batch.firstCompleted(Call.to("first", "/slow"), Call.to("first", "/hold")))),
                way(
                        "until time is up",
                        muster -> muster.post(Batch.gather(
                                Call.to("first", "/hold").with("timeout", "50ms"),
                                Call.to("first", "/hold").with("timeout", "1ms")))));
    }

    private static Named<Consumer<MusterClient>> way(String name, Consumer<MusterClient> ask) {
        return Named.of(name, ask);
    }

    @ParameterizedTest
    @MethodSource("everyWayOfBeingAsked")
    void asManyRequestsAreCountedAsTheUpstreamsGet(Consumer<MusterClient> ask) {
        Map<String, Double> countedBefore = new HashMap<>();
        Map<String, Integer> receivedBefore = new HashMap<>();
        for (String service : everyService()) {
            countedBefore.put(service, requests(service));
            receivedBefore.put(service, received(service));
        }

        ask.accept(muster);

        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            for (String service : everyService()) {
                assertThat(requests(service) - countedBefore.getOrDefault(service, 0.0))
                        .as(service)
                        .isEqualTo(received(service) - receivedBefore.getOrDefault(service, 0));
            }
        });
    }

    @Test
    void aCallThatWasRejectedBeforeAnythingWasSentWasNotTried() {
        breaker("first").transitionToForcedOpenState();
        Reply reply = muster.post(Batch.gather(
                Call.to("first", "/ok"),
                Call.url("http://10.0.0.1/"),
                Call.to("narrow", "/slow/c"),
                Call.to("narrow", "/slow/d"),
                Call.to("narrow", "/slow/e"),
                Call.to("narrow", "/slow/f")));

        assertThat(reply.results().stream()
                        .filter(slot -> slot.path("outcome").asString().equals("rejected")))
                .hasSizeGreaterThanOrEqualTo(3)
                .allSatisfy(slot -> {
                    assertThat(slot.at("/error/sent").booleanValue()).isFalse();
                    assertThat(slot.path("attempts").intValue()).isZero();
                });
    }

    private static List<String> everyService() {
        return List.of("default", "first", "retried", "hedged", "shared", "cached", "kept", "narrow", "second", "gone");
    }

    private double requests(String service) {
        return meters.get("muster.call.attempts")
                .tag("service", service)
                .functionCounter()
                .count();
    }

    private static int received(String service) {
        return received.getOrDefault(service, new AtomicInteger()).get();
    }

    private static Call redirected(String path) {
        return Call.to("first", path).with("redirects", 3);
    }
}
