package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.test.context.TestPropertySource;

/// Layered timeouts: the earliest deadline holds, the answer leaves at it, and the slot names it.
@TestPropertySource(properties = "muster.gateway.timeout=400ms")
class DeadlinesTest extends RunningMuster {

    private static final Logger log = LoggerFactory.getLogger(DeadlinesTest.class);

    private static final String REMAINING = "X-Envoy-Expected-Rq-Timeout-Ms";

    /// Beyond the 20 ms that are the target, as a shared build machine may be late where Muster is not. The
    /// lateness itself is logged.
    private static final Duration NOISE = Duration.ofMillis(150);

    private static final Call SILENT = Call.up("silent", "/black-hole");

    @BeforeEach
    void warmUp() {
        muster.post(Batch.gather(Call.up("warm", "/ok"), Call.to("tight", "/ok").with("id", "also")));
        forgetWhatWasSeen();
    }

    @ParameterizedTest
    @EnumSource
    void gatewayEndsTheBatchWhenNobodyElseDoes(Media media) {
        var reply = muster.post(Batch.gather(SILENT, Call.up("fast", "/ok")), media);

        assertEnded(reply, 2, "partial", 200);
        assertAnsweredAt(400, reply);
        assertTimedOut(reply, "silent", "gateway", "response", 400);
        assertThat(Reply.describe(reply.slot("fast"))).isEqualTo("succeeded");
    }

    @ParameterizedTest
    @CsvSource({
        // batch, service, request | expected: layer and budget
        "     , up   ,      , gateway, 400",
        "200ms, up   ,      , gateway, 200",
        "5s   , up   ,      , gateway, 400",
        "     , tight,      , service, 150",
        "     , tight, 5s   , service, 150",
        "     , tight, 60ms , request,  60",
        "     , up   , 60ms , request,  60",
        "     , up   , PT0.06S, request, 60",
        "80ms , tight, 120ms, gateway,  80",
    })
    void earliestDeadlineHolds(String batchTimeout, String service, String callTimeout, String layer, int budget) {
        var call = Call.to(service, "/black-hole").with("id", "silent");
        var batch = Batch.gather(callTimeout == null ? call : call.with("timeout", callTimeout));
        var reply = muster.post(batchTimeout == null ? batch : batch.with("timeout", batchTimeout));

        assertEnded(reply, 1, "partial", 200);
        assertAnsweredAt(budget, reply);
        assertTimedOut(reply, "silent", layer, "response", budget);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gather", "as-completed", "first-completed", "wait"})
    void answerLeavesAtTheDeadlineWhateverTheStrategy(String strategy) {
        var reply =
                muster.post(Batch.of(strategy, SILENT, Call.up("drip", "/slow-body"), Call.up("also", "/black-hole"))
                        .with("timeout", "200ms"));

        var raced = strategy.equals("first-completed");
        assertEnded(reply, 3, raced ? "failed" : "partial", raced ? 504 : 200);
        assertAnsweredAt(200, reply);
    }

    @Test
    void phaseIsBodyWhenTheStatusHadArrived() {
        var reply = muster.post(Batch.gather(Call.up("drip", "/slow-body").with("timeout", "100ms")));

        assertTimedOut(reply, "drip", "request", "body", 100);
    }

    @Test
    void phaseIsConnectWhenTlsIsNotThereYet() {
        var reply = muster.post(
                Batch.gather(Call.to("silent-tls", "/").with("id", "tls").with("timeout", "100ms")));

        assertTimedOut(reply, "tls", "request", "connect", 100);
    }

    @Test
    void phaseIsAcquireWhenTheCallWaitsForItsTurn() {
        var waiting = Call.up("waiting", "/ok?waiting");
        var reply =
                muster.post(Batch.gather(SILENT, waiting).with("concurrency", 1).with("timeout", "150ms"));

        assertTimedOut(reply, "silent", "gateway", "response", 150);
        assertTimedOut(reply, "waiting", "gateway", "acquire", 150);
        assertThat(reply.error("waiting").path("sent").booleanValue()).isFalse();
        assertThat(upstream.exchanges("/ok?waiting")).isEmpty();
    }

    @Test
    void phaseIsAcquireWhenTheCallWaitsForAConnection() {
        var holder = muster.open(Batch.gather(Call.to("narrow", "/black-hole")), Media.JSON);
        narrow.awaitExchange("/black-hole");

        var waiting = Call.to("narrow", "/ok?waiting").with("id", "waiting");
        var reply = muster.post(Batch.gather(waiting.with("timeout", "100ms")));

        assertTimedOut(reply, "waiting", "request", "acquire", 100);
        assertThat(reply.error("waiting").path("sent").booleanValue()).isFalse();
        assertThat(narrow.exchanges("/ok?waiting")).isEmpty();
        holder.close();
    }

    @Test
    void callsOwnTimeStartsWhenItsTurnHasCome() {
        var first = Call.up("first", "/delay/100").with("timeout", "180ms");
        var second = Call.up("second", "/delay/100?second").with("timeout", "180ms");
        var reply = muster.post(Batch.gather(first, second).with("concurrency", 1));

        assertThat(reply.slots()).containsExactly("first succeeded", "second succeeded");
    }

    @Test
    void callersRemainingTimeShortensTheGateways() {
        var reply = muster.post(Batch.gather(SILENT), Media.JSON, REMAINING, "150");

        assertAnsweredAt(150, reply);
        assertTimedOut(reply, "silent", "gateway", "response", 150);
    }

    @Test
    void callersRemainingTimeDoesNotLengthenTheGateways() {
        var reply = muster.post(Batch.gather(SILENT), Media.JSON, REMAINING, "60000");

        assertAnsweredAt(400, reply);
        assertTimedOut(reply, "silent", "gateway", "response", 400);
    }

    @Test
    void remainingTimeTravelsUpstream() {
        muster.post(
                Batch.gather(
                        Call.up("gateway", "/ok?gateway"),
                        Call.to("tight", "/ok?service").with("id", "service"),
                        Call.up("request", "/ok?request").with("timeout", "60ms")),
                Media.JSON,
                REMAINING,
                "300");

        assertThat(remaining(upstream.onlyExchange("/ok?gateway"))).isBetween(1, 300);
        assertThat(remaining(particular.onlyExchange("/ok?service"))).isBetween(1, 150);
        assertThat(remaining(upstream.onlyExchange("/ok?request"))).isBetween(1, 60);
    }

    @Test
    void remainingTimeShrinksWhileACallWaitsForItsTurn() {
        muster.post(Batch.gather(Call.up("first", "/delay/100"), Call.up("second", "/ok?second"))
                .with("concurrency", 1));

        assertThat(remaining(upstream.onlyExchange("/ok?second"))).isBetween(1, 300);
    }

    private static int remaining(Exchange exchange) {
        return Integer.parseInt(exchange.header(REMAINING).getFirst());
    }

    private static void assertTimedOut(Reply reply, String id, String layer, String phase, int budget) {
        assertThat(Reply.describe(reply.slot(id))).as("%s", reply).isEqualTo("timed-out timeout");
        assertThat(reply.error(id).path("layer").asString()).isEqualTo(layer);
        assertThat(reply.error(id).path("phase").asString()).isEqualTo(phase);
        assertThat(reply.error(id).path("budgetMs").intValue()).isEqualTo(budget);
    }

    private static void assertAnsweredAt(int deadline, Reply reply) {
        var due = Duration.ofMillis(deadline);
        log.info(
                "deadline of {} ms: answered {} ms after it",
                deadline,
                reply.took().minus(due).toNanos() / 1e6);
        assertThat(reply.took()).isBetween(due, due.plus(NOISE));
    }
}
