package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.CallPlans;
import dev.muster.call.LiveCall;
import dev.muster.call.NoLeaks;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.plan.CallPlan;
import dev.muster.service.Protocol;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/// Requests that an HTTP/2 upstream certainly has not processed go to another connection, whatever their method; all
/// others are not sent twice.
@Timeout(60)
@ExtendWith(NoLeaks.class)
class Http2NotProcessedTest {

    private static final byte[] BODY = {'h', 'i'};
    private static final Http2Settings NO_STREAMS =
            Http2Settings.defaultSettings().maxConcurrentStreams(0);

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PATCH", "PUT", "DELETE"})
    void callsAboveTheLastStreamOfAGoAwayMoveToAnotherConnection(String method) {
        List<Http2Script.Request> held = new ArrayList<>();
        try (var server = Http2Script.serving(request -> {
                    if (request.connection() > 1) {
                        request.answer();
                        return;
                    }
                    held.add(request);
                    if (held.size() == 10) {
                        // processes the first five
                        request.goAway(held.get(4).stream());
                        held.subList(0, 5).forEach(Http2Script.Request::answer);
                    }
                });
                var upstreams = open()) {
            List<CallOutcome> outcomes = calls(upstreams, server, method, 10, 10);

            assertThat(outcomes).hasSize(10).allSatisfy(outcome -> {
                assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
                assertThat(outcome.trace().attempts()).isEqualTo(1);
                assertThat(outcome.trace().sent()).isTrue();
            });
            assertThat(server.received()).isEqualTo(15);
            await().atMost(BOUND).until(() -> server.open() == server.accepted() - 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PATCH", "PUT", "DELETE"})
    void refusedCallsMoveToAnotherConnectionAndTheOthersStay(String method) {
        List<Http2Script.Request> held = new ArrayList<>();
        try (var server = Http2Script.serving(request -> {
                    if (request.connection() > 1) {
                        request.answer();
                        return;
                    }
                    held.add(request);
                    if (held.size() == 10) {
                        held.subList(5, 10).forEach(refused -> refused.reset(Http2Error.REFUSED_STREAM));
                        held.subList(0, 5).forEach(Http2Script.Request::answer);
                    }
                });
                var upstreams = open()) {
            List<CallOutcome> outcomes = calls(upstreams, server, method, 10, 10);

            assertThat(outcomes).hasSize(10).allSatisfy(outcome -> {
                assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
                assertThat(outcome.trace().attempts()).isEqualTo(1);
            });
            assertThat(server.received()).isEqualTo(15);
            await().atMost(BOUND).until(() -> server.open() == server.accepted() - 1);
        }
    }

    @Test
    void aGoAwayThatSparesEveryStreamLetsThemEnd() {
        List<Http2Script.Request> held = new ArrayList<>();
        try (var server = Http2Script.serving(request -> {
                    if (request.connection() > 1) {
                        request.answer();
                        held.forEach(Http2Script.Request::answer);
                        held.clear();
                    } else {
                        held.add(request);
                        request.goAway(Integer.MAX_VALUE);
                    }
                });
                var upstreams = open()) {
            var first = upstreams
                    .make(plan(upstreams, server, "POST"), live(upstreams, server))
                    .toFuture();
            await().atMost(BOUND).until(() -> server.received() == 1);
            assertThat(upstreams.call(to(upstreams, server, "GET"))).isInstanceOf(CallOutcome.Succeeded.class);

            assertThat(first).succeedsWithin(BOUND).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(server.received()).isEqualTo(2);
            await().atMost(BOUND).until(() -> server.open() == server.accepted() - 1);
        }
    }

    @Test
    void anUpstreamThatRefusesEverythingIsAskedSoManyTimesAndNoMore() {
        try (var server = Http2Script.serving(request -> request.reset(Http2Error.REFUSED_STREAM));
                var upstreams = open()) {
            assertThat(upstreams.call(to(upstreams, server, "POST")))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.CONNECTION_RESET);
                        assertThat(failed.detail()).isEqualTo("the upstream refused the HTTP/2 stream");
                        assertThat(failed.trace().sent()).isTrue();
                        assertThat(failed.trace().attempts()).isEqualTo(1);
                    });
            assertThat(server.received()).isEqualTo(1 + Wire.MOST_RESENDS);
            await().atMost(BOUND).until(() -> server.open() == 0);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Http2Error.class,
            names = {"CANCEL", "INTERNAL_ERROR", "NO_ERROR", "ENHANCE_YOUR_CALM"})
    void aCallWhoseStreamIsResetOtherwiseIsNotSentAgainAndItsConnectionGoesOn(Http2Error error) {
        try (var server = Http2Script.serving(request -> {
                    if (request.method().equals("POST")) {
                        request.reset(error);
                    } else {
                        request.answer();
                    }
                });
                var upstreams = open()) {
            assertThat(upstreams.call(to(upstreams, server, "POST")))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.CONNECTION_RESET);
                        assertThat(failed.detail())
                                .isEqualTo("the upstream reset the HTTP/2 stream before a response came");
                    });
            assertThat(upstreams.call(to(upstreams, server, "GET"))).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(server.received()).isEqualTo(2);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aCallThatIsRefusedAfterItsResponseHasBegunIsNotSentAgain() {
        try (var server = Http2Script.serving(request -> {
                    request.head();
                    request.reset(Http2Error.REFUSED_STREAM);
                });
                var upstreams = open()) {
            assertThat(upstreams.call(to(upstreams, server, "GET")))
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.detail())
                                    .isEqualTo(
                                            "the upstream reset the HTTP/2 stream before the response was complete"));
            assertThat(server.received()).isEqualTo(1);
        }
    }

    @Test
    void aResponseThatIsCompleteBeforeTheResetStands() {
        try (var server = Http2Script.serving(Http2Script.Request::answerAndReset);
                var upstreams = open()) {
            for (int i = 0; i < 20; i++) {
                assertThat(upstreams.call(to(upstreams, server, "POST"))).isInstanceOf(CallOutcome.Succeeded.class);
            }
        }
    }

    @Test
    void aCallWhoseConnectionDiesWithoutAWordIsNotSentAgain() {
        try (var server = Http2Script.serving(Http2Script.Request::closeConnection);
                var upstreams = open()) {
            assertThat(upstreams.call(to(upstreams, server, "GET")))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.CONNECTION_RESET);
                        assertThat(failed.detail()).isEqualTo("the connection ended before a response came");
                    });
            assertThat(server.received()).isEqualTo(1);
        }
    }

    @Test
    void aCallThatHasTimedOutIsNotSentAgain() {
        List<Http2Script.Request> held = new ArrayList<>();
        try (var server = Http2Script.serving(held::add);
                var upstreams = open()) {
            CallPlan plan = plan(upstreams, server, "POST");
            LiveCall live = upstreams.live(plan);
            var outcome = upstreams.make(plan, live).toFuture();
            await().atMost(BOUND).until(() -> server.received() == 1);
            live.expire(live.deadline());
            held.getFirst().channel().eventLoop().execute(() -> held.getFirst().reset(Http2Error.REFUSED_STREAM));

            assertThat(outcome).succeedsWithin(BOUND).isInstanceOf(CallOutcome.TimedOut.class);
            var next = upstreams.make(plan, upstreams.live(plan)).toFuture();
            await().atMost(BOUND).until(() -> server.received() >= 2);
            assertThat(server.received()).isEqualTo(2);
            assertThat(next).isNotDone();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void aConnectionThatAllowsNoRequestsIsNotUsedAndAnotherIsTried(int useless) {
        try (var server = Http2Script.serving(
                        number -> number <= useless ? NO_STREAMS : Http2Settings.defaultSettings(),
                        Http2Script.Request::answer);
                var upstreams = open()) {
            for (CallOutcome outcome : calls(upstreams, server, "POST", 20, 10)) {
                assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
            }
            assertThat(server.accepted()).isEqualTo(useless + 1);
            await().atMost(BOUND).until(() -> server.open() == 1);
        }
    }

    @Test
    void anUpstreamThatAllowsNoRequestsOnAnyConnectionIsNamedAsSuch() {
        try (var server = Http2Script.serving(_ -> NO_STREAMS, Http2Script.Request::answer);
                var upstreams = open()) {
            for (int i = 0; i < 3; i++) {
                assertThat(upstreams.call(to(upstreams, server, "GET")))
                        .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                            assertThat(failed.type()).isEqualTo(FailureType.CONNECT_FAILED);
                            assertThat(failed.detail()).isEqualTo(RetiringConnection.ALLOWS_NO_STREAMS);
                            assertThat(failed.trace().sent()).isFalse();
                        });
            }
            await().atMost(BOUND).until(() -> server.open() == 0);
        }
    }

    @Test
    void aConnectionThatNoLongerAllowsRequestsEndsThoseThatItHas() {
        List<Http2Script.Request> held = new ArrayList<>();
        try (var server = Http2Script.serving(request -> {
                    if (request.connection() == 1) {
                        held.add(request);
                        request.settings(new Http2Settings().maxConcurrentStreams(0));
                    } else {
                        request.answer();
                        held.forEach(Http2Script.Request::answer);
                        held.clear();
                    }
                });
                var upstreams = open()) {
            var first = upstreams
                    .make(plan(upstreams, server, "POST"), live(upstreams, server))
                    .toFuture();
            await().atMost(BOUND).until(() -> server.received() == 1);
            assertThat(calls(upstreams, server, "GET", 20, 1))
                    .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class));

            assertThat(first).succeedsWithin(BOUND).isInstanceOf(CallOutcome.Succeeded.class);
            await().atMost(BOUND).until(() -> server.open() == server.accepted() - 1);
        }
    }

    /// The pool opens streams on connections that are just being ended, at every moment of it.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noCallFailsWhenConnectionsEndAllTheTime(boolean byLastStream) {
        Map<String, AtomicInteger> processed = new ConcurrentHashMap<>();
        Map<Integer, AtomicInteger> perConnection = new ConcurrentHashMap<>();
        try (var server = Http2Script.serving(request -> {
                    int nth = perConnection
                            .computeIfAbsent(request.connection(), _ -> new AtomicInteger())
                            .incrementAndGet();
                    if (nth <= 100) {
                        processed
                                .computeIfAbsent(request.path(), _ -> new AtomicInteger())
                                .incrementAndGet();
                        if (nth == 100 && byLastStream) {
                            request.goAway(request.stream());
                        }
                        request.answer();
                    } else if (!byLastStream) {
                        request.reset(Http2Error.REFUSED_STREAM);
                    }
                });
                var upstreams = open()) {
            List<CallOutcome> outcomes = calls(upstreams, server, "POST", 2_000, 40);

            assertThat(outcomes)
                    .hasSize(2_000)
                    .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class));
            assertThat(processed).hasSize(2_000);
            assertThat(processed.values()).allSatisfy(times -> assertThat(times).hasValue(1));
        }
    }

    private static Upstreams open() {
        return Upstreams.with().protocol(Protocol.H2C).open();
    }

    private static List<CallOutcome> calls(
            Upstreams upstreams, Http2Script server, String method, int number, int atATime) {
        return Flux.range(0, number)
                .flatMap(
                        i -> {
                            CallPlan plan =
                                    to(upstreams, server, method, "/" + i).build();
                            return upstreams.make(plan, upstreams.live(plan));
                        },
                        atATime)
                .collectList()
                .blockOptional(BOUND.multipliedBy(3))
                .orElseThrow();
    }

    private static LiveCall live(Upstreams upstreams, Http2Script server) {
        return upstreams.live(plan(upstreams, server, "POST"));
    }

    private static CallPlan plan(Upstreams upstreams, Http2Script server, String method) {
        return to(upstreams, server, method).build();
    }

    private static CallPlans to(Upstreams upstreams, Http2Script server, String method) {
        return to(upstreams, server, method, "/");
    }

    private static CallPlans to(Upstreams upstreams, Http2Script server, String method, String path) {
        CallPlans call =
                CallPlans.to(server.url(path)).service(upstreams.service()).method(method);
        return method.equals("GET") || method.equals("DELETE") ? call : call.body(BODY, "text/plain");
    }
}
