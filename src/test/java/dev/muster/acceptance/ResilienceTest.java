package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import dev.muster.MusterApplication;
import dev.muster.call.RawServer;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/// An upstream in trouble stays the upstream's trouble.
@SpringBootTest(classes = MusterApplication.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@TestPropertySource(
        properties = {
            "management.server.port=0",
            "muster.gateway.timeout=20s",
            "muster.services.default.timeout=10s",
            "muster.services.default.connect-timeout=2s",
            "muster.services.hasty.timeout=100ms",
            "muster.services.hedged.hedge.after=300ms",
            "muster.services.static.fallback.body={\"price\": null}",
            "muster.services.static.timeout=200ms",
            "muster.services.kept.fallback.last-good=1h",
            "muster.services.cached.cache.max-size=1MB",
            "muster.services.shared.coalesce=true",
            "resilience4j.retry.instances.retried.wait-duration=1ms",
            "resilience4j.retry.instances.retried.max-attempts=3",
            "resilience4j.retry.instances.balanced.wait-duration=1ms",
            "resilience4j.circuitbreaker.instances.retried.initial-state=DISABLED",
            "resilience4j.circuitbreaker.instances.hedged.initial-state=DISABLED",
            "resilience4j.circuitbreaker.instances.static.initial-state=DISABLED",
            "resilience4j.circuitbreaker.configs.default.minimum-number-of-calls=10",
            "resilience4j.circuitbreaker.configs.default.wait-duration-in-open-state=300ms",
            "resilience4j.circuitbreaker.configs.default.permitted-number-of-calls-in-half-open-state=2",
            "resilience4j.bulkhead.instances.narrow.max-concurrent-calls=2",
            "resilience4j.ratelimiter.instances.limited.limit-for-period=3",
            "resilience4j.ratelimiter.instances.limited.limit-refresh-period=1h",
        })
@Timeout(60)
class ResilienceTest {

    private static final String OK = RawServer.ok("{}");
    private static final String BROKEN = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    private static final List<String> SERVICES =
            List.of("plain", "hasty", "retried", "hedged", "static", "narrow", "limited", "kept", "cached", "shared");

    /// What the upstream of all services but `balanced` does with the nth request of a test.
    private static volatile Answer answer = (peer, _) -> peer.write(OK);

    private static final AtomicInteger asked = new AtomicInteger();
    private static final RawServer upstream = RawServer.serving(peer -> {
        while (peer.read() != null) {
            answer.give(peer, asked.incrementAndGet());
        }
    });

    private static final AtomicInteger leftAsked = new AtomicInteger();
    private static final AtomicInteger rightAsked = new AtomicInteger();
    private static final RawServer left = RawServer.serving(peer -> {
        while (peer.read() != null) {
            leftAsked.incrementAndGet();
            peer.write(BROKEN);
        }
    });
    private static final RawServer right = RawServer.serving(peer -> {
        while (peer.read() != null) {
            rightAsked.incrementAndGet();
            peer.write(OK);
        }
    });

    @FunctionalInterface
    private interface Answer {
        void give(RawServer.Peer peer, int nth) throws IOException, InterruptedException;
    }

    @LocalServerPort
    private int port;

    @Autowired
    private CircuitBreakerRegistry breakers;

    @Autowired
    private MeterRegistry meters;

    private MusterClient muster;

    @DynamicPropertySource
    static void services(DynamicPropertyRegistry properties) {
        SERVICES.forEach(service ->
                properties.add("muster.services." + service + ".base-url", () -> upstream.url("/" + service)));
        properties.add("muster.services.balanced.base-urls", () -> left.url("/l") + "," + right.url("/r"));
    }

    @BeforeEach
    void forget() {
        muster = new MusterClient(port);
        breakers.getAllCircuitBreakers().stream()
                .filter(breaker -> breaker.getState() != CircuitBreaker.State.DISABLED)
                .forEach(CircuitBreaker::reset);
        answer = (peer, _) -> peer.write(OK);
        asked.set(0);
    }

    @Test
    void aCallWhoseUpstreamRecoversAtOnceIsRetriedAndSaysHowOften() {
        fillTheBudget();
        asked.set(0);
        answer = (peer, nth) -> peer.write(nth == 1 ? BROKEN : OK);

        JsonNode slot = muster.post(Batch.gather(Call.to("retried", "/"))).slot("0");

        assertThat(slot.path("outcome").asString()).isEqualTo("succeeded");
        assertThat(slot.path("attempts").intValue()).isEqualTo(2);
        assertThat(asked).hasValue(2);
    }

    @Test
    void aResetConnectionIsRetried() {
        fillTheBudget();
        asked.set(0);
        answer = (peer, nth) -> {
            if (nth == 1) {
                peer.reset();
            } else {
                peer.write(OK);
            }
        };

        assertThat(muster.post(Batch.gather(Call.to("retried", "/"))).slots()).containsExactly("0 succeeded");
    }

    @ParameterizedTest
    @CsvSource({
        "GET,    ,  3",
        "PUT,    ,  3",
        "DELETE, ,  3",
        "POST,   ,  1",
        "PATCH,  ,  1",
        "POST,   k, 3",
    })
    void onlyWhatMayBeRepeatedIsRetried(String method, @Nullable String key, int attempts) {
        fillTheBudget();
        answer = (peer, _) -> peer.write(BROKEN);
        asked.set(0);
        Call call = Call.to("retried", "/").with("method", method);
        if (key != null) {
            call = call.with("headers", Collections.singletonMap("Idempotency-Key", key));
        }

        JsonNode slot = muster.post(Batch.gather(call)).slot("0");

        assertThat(slot.path("attempts").intValue()).isEqualTo(attempts);
        assertThat(slot.path("status").intValue()).isEqualTo(503);
        assertThat(asked).hasValue(attempts);
    }

    @ParameterizedTest
    @CsvSource({"404", "500", "501"})
    void anAnswerThatAnotherAttemptWouldNotChangeIsNotRetried(int status) {
        answer = (peer, _) -> peer.write("HTTP/1.1 " + status + " X\r\ncontent-length: 0\r\n\r\n");

        muster.post(Batch.gather(Call.to("retried", "/")));

        assertThat(asked).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "60",
                "9999999999",
                "99999999999999999999999999",
                "Tue, 31 Dec 2199 23:59:59 GMT",
                "Fri, 31 Dec 9999 23:59:59 GMT"
            })
    void aRetryAfterThatLiesBehindTheDeadlineIsNotWaitedFor(String retryAfter) {
        fillTheBudget();
        asked.set(0);
        answer = (peer, _) -> peer.write(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: " + retryAfter + "\r\ncontent-length: 0\r\n\r\n");

        Reply reply = muster.post(Batch.gather(Call.to("retried", "/")));

        assertThat(reply.slots()).containsExactly("0 failed http-status");
        assertThat(reply.took()).isLessThan(Duration.ofSeconds(5));
        assertThat(asked).hasValue(1);
    }

    @Test
    void retriesStayAFifthOfTheTrafficInAFullOutage() {
        answer = (peer, _) -> peer.write(BROKEN);
        int calls = 0;
        for (int round = 0; round < 10; round++) {
            muster.post(Batch.of("gather", Collections.nCopies(100, Call.to("retried", "/"))));
            calls += 100;
        }

        // what was earned before, and a second's worth for each second
        assertThat(asked.get() - calls).isBetween(100, calls / 5 + 30);
    }

    @Test
    void theBreakerOpensAndNothingReachesTheUpstreamUntilItIsTriedAgainAndCloses() {
        answer = (peer, _) -> peer.write(BROKEN);
        muster.post(Batch.of("gather", Collections.nCopies(10, Call.to("plain", "/"))));
        asked.set(0);

        JsonNode slot = muster.post(Batch.gather(Call.to("plain", "/"))).slot("0");
        assertThat(Reply.describe(slot)).isEqualTo("rejected circuit-open");
        assertThat(slot.at("/error/sent").booleanValue()).isFalse();
        assertThat(slot.path("attempts").intValue()).isZero();
        assertThat(asked).hasValue(0);

        answer = (peer, _) -> peer.write(OK);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(
                                muster.post(Batch.gather(Call.to("plain", "/"))).slots())
                        .containsExactly("0 succeeded"));
        muster.post(Batch.gather(Call.to("plain", "/")));
        assertThat(state("plain")).isEqualTo(CircuitBreaker.State.CLOSED);
    }

    @Test
    void timeOutsOfTheServiceOpenItsBreakerAndNoOther() {
        answer = (peer, _) -> peer.hold();
        // a call whose time a busy machine took before it was sent counts against nobody
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            muster.post(Batch.of("gather", Collections.nCopies(10, Call.to("hasty", "/"))));
            assertThat(state("hasty")).isEqualTo(CircuitBreaker.State.OPEN);
        });
        answer = (peer, _) -> peer.write(OK);
        assertThat(muster.post(Batch.gather(Call.to("hasty", "/"), Call.to("plain", "/")))
                        .slots())
                .containsExactly("0 rejected circuit-open", "1 succeeded");
    }

    @Test
    void callersInAHurryDoNotOpenTheBreakerForOthers() {
        answer = (peer, _) -> peer.hold();
        muster.post(
                Batch.of("gather", Collections.nCopies(20, Call.to("hasty", "/").with("timeout", "5ms"))));

        assertThat(breaker("hasty").getMetrics().getNumberOfBufferedCalls()).isZero();
    }

    @Test
    void losersOfARaceAndCallsOfAClientThatLeftCountNeitherAsFailuresNorAsSlow() {
        answer = (peer, nth) -> {
            if (nth % 2 == 0) {
                peer.write(OK);
            } else {
                peer.hold();
            }
        };
        for (int i = 0; i < 20; i++) {
            muster.post(Batch.firstCompleted(Call.to("plain", "/"), Call.to("plain", "/")));
        }
        answer = (peer, _) -> peer.hold();
        asked.set(0);
        EventStream client = muster.open(Batch.asCompleted(Call.to("plain", "/"), Call.to("plain", "/")), Media.SSE);
        await().atMost(Duration.ofSeconds(10)).until(() -> asked.get() == 2);
        client.close();

        var metrics = breaker("plain").getMetrics();
        assertThat(metrics.getNumberOfFailedCalls()).isZero();
        assertThat(metrics.getNumberOfSlowCalls()).isZero();
        assertThat(metrics.getNumberOfSuccessfulCalls()).isBetween(1, 20);
    }

    @Test
    void refusalsOfTheEgressPolicyTouchNoBreaker() {
        answer = (peer, _) ->
                peer.write("HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1/\r\ncontent-length: 0\r\n\r\n");
        muster.post(
                Batch.of("gather", Collections.nCopies(20, Call.to("plain", "/").with("redirects", 1))));

        assertThat(breaker("plain").getMetrics().getNumberOfBufferedCalls()).isZero();
    }

    @Test
    void hedgingTakesTheSlowTailAwayForFewExtraRequests() {
        muster.post(Batch.of("gather", Collections.nCopies(200, Call.to("hedged", "/"))));
        asked.set(0);
        int calls = 2_000;
        // one answer in a hundred takes eight seconds
        answer = (peer, nth) -> {
            if (nth % 100 == 0) {
                peer.pause(Duration.ofSeconds(8));
            }
            peer.write(OK);
        };
        double[] millis = new double[calls];
        int landed = 0;
        for (int round = 0; round < calls / 100; round++) {
            Reply reply = muster.post(Batch.of("gather", Collections.nCopies(100, Call.to("hedged", "/"))));
            for (JsonNode slot : reply.results()) {
                assertThat(Reply.describe(slot)).isEqualTo("succeeded");
                millis[landed++] = slot.path("elapsedMs").doubleValue();
            }
        }

        Arrays.sort(millis);
        assertThat(millis[calls - 1 - calls / 1_000]).as("p99.9").isLessThan(800);
        assertThat(asked.get() - calls).as("extra requests").isLessThanOrEqualTo(calls / 20);
    }

    @Test
    void aBaseUrlThatKeepsFailingIsPassedOverAndItsCallsSucceedElsewhere() {
        muster.post(Batch.of("gather", Collections.nCopies(40, Call.to("balanced", "/"))));
        int before = leftAsked.get();
        Reply later = muster.post(Batch.of("gather", Collections.nCopies(20, Call.to("balanced", "/"))));

        assertThat(before).isGreaterThanOrEqualTo(5);
        assertThat(leftAsked).hasValue(before);
        assertThat(rightAsked.get()).isGreaterThanOrEqualTo(20);
        assertThat(later.outcome()).isEqualTo("complete");
    }

    @Test
    void aStaticBodyStandsInForAServiceInTroubleAndTheBatchIsPartial() {
        answer = (peer, _) -> peer.hold();

        Reply reply = muster.post(Batch.gather(
                Call.to("static", "/").with("required", true),
                Call.to("plain", "/").with("timeout", "50ms")));

        JsonNode slot = reply.slot("0");
        assertThat(reply.outcome()).isEqualTo("partial");
        assertThat(slot.path("outcome").asString()).isEqualTo("succeeded");
        assertThat(slot.path("source").asString()).isEqualTo("fallback");
        assertThat(slot.path("status").intValue()).isEqualTo(200);
        assertThat(slot.path("body").toString()).isEqualTo("{\"price\":null}");
        assertThat(slot.at("/error/type").asString()).isEqualTo("timeout");
        assertThat(reply.summary().at("/counts/succeeded").intValue()).isEqualTo(1);
    }

    @Test
    void nothingStandsInForAnAnswerThatIsNoTrouble() {
        answer = (peer, _) -> peer.write("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");

        assertThat(muster.post(Batch.gather(Call.to("static", "/"))).slots()).containsExactly("0 failed http-status");
    }

    @Test
    void nothingStandsInForACallOfARace() {
        answer = (peer, nth) -> {
            if (nth == 1) {
                peer.write(BROKEN);
            } else {
                peer.pause(Duration.ofMillis(50));
                peer.write(OK);
            }
        };

        Reply reply = muster.post(Batch.firstCompleted(Call.to("static", "/"), Call.to("static", "/")));

        assertThat(reply.outcome()).isEqualTo("complete");
        assertThat(reply.results()).noneMatch(slot -> slot.has("source"));
    }

    @Test
    void theLastGoodResponseStandsInForOneThatFails() {
        answer = (peer, _) -> peer.write(RawServer.ok("good"));
        muster.post(Batch.gather(Call.to("kept", "/a")));
        answer = (peer, _) -> peer.write(BROKEN);

        Reply reply = muster.post(Batch.gather(Call.to("kept", "/a"), Call.to("kept", "/b")));

        assertThat(reply.outcome()).isEqualTo("partial");
        assertThat(reply.slot("0").path("source").asString()).isEqualTo("fallback");
        assertThat(reply.slot("0").path("body").asString()).isEqualTo("good");
        assertThat(reply.slots()).contains("1 failed http-status");
    }

    @Test
    void aFreshResponseIsServedFromTheCacheWithoutAskingTheUpstream() {
        answer = (peer, _) -> peer.write("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 1\r\n"
                + "cache-control: public, max-age=60\r\n\r\nx");
        muster.post(Batch.gather(Call.to("cached", "/fresh")));

        JsonNode slot = muster.post(Batch.gather(Call.to("cached", "/fresh"))).slot("0");

        assertThat(slot.path("outcome").asString()).isEqualTo("succeeded");
        assertThat(slot.path("source").asString()).isEqualTo("cache");
        assertThat(slot.path("attempts").intValue()).isZero();
        assertThat(slot.path("body").asString()).isEqualTo("x");
        assertThat(slot.at("/headers/age/0").asString()).isNotEmpty();
        assertThat(asked).hasValue(1);
    }

    @Test
    void aStaleResponseIsValidatedAndServedFromTheCacheWhenItStillHolds() {
        answer = (peer, nth) -> peer.write(
                nth == 1
                        ? "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-type: text/plain\r\netag: \"v\"\r\n"
                                + "cache-control: public, no-cache\r\n\r\nx"
                        : "HTTP/1.1 304 Not Modified\r\netag: \"v\"\r\n\r\n");
        muster.post(Batch.gather(Call.to("cached", "/stale")));

        JsonNode slot = muster.post(Batch.gather(Call.to("cached", "/stale"))).slot("0");

        assertThat(slot.path("status").intValue()).isEqualTo(200);
        assertThat(slot.path("source").asString()).isEqualTo("cache");
        assertThat(slot.path("body").asString()).isEqualTo("x");
        assertThat(asked).hasValue(2);
    }

    /// One caller says what is a success and sends a header that the upstream reflects; another asks plainly.
    @ParameterizedTest
    @CsvSource({"500, 5xx", "404, 404", "301, 3xx", "206, 2xx", "418, 418"})
    void whatOneCallerCallsASuccessDoesNotStandInForAnother(int status, String success) {
        answer = (peer, _) -> peer.write(
                "HTTP/1.1 " + status + " X\r\ncontent-length: 4\r\ncache-control: public, max-age=60\r\n\r\nevil");
        Reply first = muster.post(Batch.gather(Call.to("kept", "/poisoned/" + status)
                .with("success", List.of(success))
                .with("headers", Collections.singletonMap("x-reflected", "evil"))));
        assertThat(first.slots()).containsExactly("0 succeeded");
        answer = (peer, _) -> peer.write(BROKEN);

        Reply second = muster.post(Batch.gather(Call.to("kept", "/poisoned/" + status)));

        assertThat(second.slots()).containsExactly("0 failed http-status");
    }

    @Test
    void whatAServiceCallsGoodStandsInWhateverItsCallerTookItFor() {
        answer = (peer, _) -> peer.write(RawServer.ok("good"));
        muster.post(Batch.gather(Call.to("kept", "/judged").with("success", List.of("404"))));
        answer = (peer, _) -> peer.write(BROKEN);

        assertThat(muster.post(Batch.gather(Call.to("kept", "/judged")))
                        .slot("0")
                        .path("body")
                        .asString())
                .isEqualTo("good");
    }

    @Test
    void aRedirectThatOneCallerStoredIsFollowedForAnother() {
        answer = (peer, nth) -> peer.write(
                nth == 1
                        ? "HTTP/1.1 301 Moved\r\nlocation: " + upstream.url("/landed")
                                + "\r\ncontent-length: 0\r\ncache-control: public, max-age=60\r\n\r\n"
                        : nth == 2
                                ? "HTTP/1.1 302 Found\r\nlocation: " + upstream.url("/landed")
                                        + "\r\ncontent-length: 0\r\n\r\n"
                                : RawServer.ok("landed"));
        muster.post(Batch.gather(Call.to("cached", "/moved")));

        JsonNode slot = muster.post(Batch.gather(Call.to("cached", "/moved").with("redirects", 1)))
                .slot("0");

        assertThat(slot.path("status").intValue()).isEqualTo(200);
        assertThat(slot.path("body").asString()).isEqualTo("landed");
    }

    @ParameterizedTest
    @CsvSource({"404, 2xx, 404", "301, 2xx, 301", "200, 404, 200", "only-if-cached, 2xx, 504"})
    void anAnswerFromTheCacheThatIsNoSuccessSaysSoToo(String stored, String success, int status) {
        answer = (peer, _) -> peer.write(
                "HTTP/1.1 " + stored + " X\r\ncontent-length: 0\r\ncache-control: public, max-age=60\r\n\r\n");
        Call call = Call.to("cached", "/none/" + stored).with("success", List.of(success));
        if (stored.equals("only-if-cached")) {
            call = call.with("headers", Collections.singletonMap("cache-control", stored));
        } else {
            JsonNode first = muster.post(Batch.gather(call)).slot("0");
            assertThat(first.path("outcome").asString()).isEqualTo("failed");
            assertThat(first.has("source")).isFalse();
        }
        double before = failedFromCache();
        asked.set(0);

        JsonNode slot = muster.post(Batch.gather(call)).slot("0");

        assertThat(Reply.describe(slot)).isEqualTo("failed http-status");
        assertThat(slot.path("status").intValue()).isEqualTo(status);
        assertThat(slot.path("source").asString()).isEqualTo("cache");
        assertThat(failedFromCache()).isEqualTo(before + 1);
        assertThat(asked).hasValue(0);
    }

    private double failedFromCache() {
        return meters.get("muster.calls")
                .tags("service", "cached", "outcome", "failed", "error", "http-status", "source", "cache")
                .counter()
                .count();
    }

    @Test
    void nothingIsServedFromACacheThatAServiceDidNotAskFor() {
        answer = (peer, _) ->
                peer.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncache-control: public, max-age=60\r\n\r\n");
        muster.post(Batch.gather(Call.to("plain", "/fresh")));
        muster.post(Batch.gather(Call.to("plain", "/fresh")));

        assertThat(asked).hasValue(2);
    }

    @Test
    void identicalCallsOfABatchShareOneRequestAndEachIsJudgedForItself() {
        answer = (peer, _) -> {
            peer.pause(Duration.ofMillis(100));
            peer.write(OK);
        };

        Reply reply = muster.post(Batch.gather(
                Call.to("shared", "/same"),
                Call.to("shared", "/same"),
                Call.to("shared", "/same").with("success", List.of("404")),
                Call.to("shared", "/same").with("timeout", "20ms"),
                Call.to("shared", "/other"),
                Call.to("shared", "/same").with("headers", Collections.singletonMap("x-a", "b"))));

        assertThat(reply.slots())
                .containsExactly(
                        "0 succeeded",
                        "1 succeeded",
                        "2 failed http-status",
                        "3 timed-out timeout",
                        "4 succeeded",
                        "5 succeeded");
        assertThat(asked).hasValue(3);
        assertThat(reply.error("3").path("phase").asString()).isEqualTo("response");
        assertThat(reply.error("3").path("sent").booleanValue()).isTrue();
    }

    @Test
    void aSharedRequestIsGivenUpWhenTheLastOfItsCallsIs() {
        var held = new AtomicInteger();
        answer = (peer, _) -> {
            held.incrementAndGet();
            peer.hold();
            held.decrementAndGet();
        };

        Reply reply = muster.post(Batch.gather(
                Call.to("shared", "/held").with("timeout", "50ms"),
                Call.to("shared", "/held").with("timeout", "80ms")));

        assertThat(reply.slots()).containsExactly("0 timed-out timeout", "1 timed-out timeout");
        assertThat(asked).hasValue(1);
        await().atMost(Duration.ofSeconds(10)).untilAtomic(held, equalTo(0));
    }

    @Test
    void aFullBulkheadRejectsAtOnce() {
        answer = (peer, _) -> {
            peer.pause(Duration.ofMillis(200));
            peer.write(OK);
        };

        Reply reply = muster.post(Batch.of("gather", Collections.nCopies(5, Call.to("narrow", "/"))));

        assertThat(reply.results().stream().map(Reply::describe))
                .containsExactlyInAnyOrder(
                        "succeeded",
                        "succeeded",
                        "rejected bulkhead-full",
                        "rejected bulkhead-full",
                        "rejected bulkhead-full");
    }

    @Test
    void whatIsOverTheRateLimitIsRejectedAtOnce() {
        Reply reply = muster.post(Batch.of("gather", Collections.nCopies(5, Call.to("limited", "/"))));

        assertThat(reply.results().stream().map(Reply::describe))
                .containsExactlyInAnyOrder(
                        "succeeded", "succeeded", "succeeded", "rejected rate-limited", "rejected rate-limited");
        assertThat(asked).hasValue(3);
    }

    @Test
    void tenThousandHostsLeaveNoBreakerBehind() {
        int before = breakers.getAllCircuitBreakers().size();
        for (int batch = 0; batch < 10; batch++) {
            int from = batch * 1_000;
            muster.post(Batch.of(
                    "gather",
                    IntStream.range(from, from + 1_000)
                            .mapToObj(host -> Call.url("http://h" + host + ".internal:81/"))
                            .toList()));
        }

        assertThat(breakers.getAllCircuitBreakers()).hasSize(before);
    }

    /// Healthy calls earn the budget of as many retries as it keeps.
    private void fillTheBudget() {
        answer = (peer, _) -> peer.write(OK);
        muster.post(Batch.of("gather", Collections.nCopies(60, Call.to("retried", "/"))));
    }

    private CircuitBreaker breaker(String service) {
        return breakers.circuitBreaker(service);
    }

    private CircuitBreaker.State state(String service) {
        return breaker(service).getState();
    }
}
