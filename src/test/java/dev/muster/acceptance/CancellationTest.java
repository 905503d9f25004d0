package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Cancelled calls as their upstream sees them: the connection is closed, or there never was a request.
class CancellationTest extends RunningMuster {

    private static final Duration SOON = Duration.ofSeconds(2);

    private static final Call FAST = Call.up("fast", "/ok");
    private static final Call SILENT = Call.up("silent", "/black-hole");
    private static final Call DRIPPING = Call.up("dripping", "/slow-body");
    private static final Call BROKEN = Call.up("broken", "/delay/60/503");

    @Test
    void siblingsAreAbortedWhenACallFails() {
        var reply = muster.post(Batch.gather(SILENT, DRIPPING, BROKEN).with("onFailure", "fail"));

        assertCancelled(reply, "sibling-failed", "silent", "dripping");
    }

    @ParameterizedTest
    @EnumSource
    void losersAreAbortedWhenThereIsAWinner(Media media) {
        var winner = Call.up("winner", "/delay/60");
        var reply = muster.post(Batch.firstCompleted(SILENT, DRIPPING, winner), media);

        assertCancelled(reply, "winner-found", "silent", "dripping");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gather", "as-completed"})
    void restIsAbortedWhenTheQuorumIsReached(String strategy) {
        var reply = muster.post(Batch.of(strategy, SILENT, DRIPPING, Call.up("one", "/delay/60"))
                .with("minSuccess", 1));

        assertCancelled(reply, "quorum-reached", "silent", "dripping");
    }

    @Test
    void pendingCallsAreAbortedWhenTheWaitIsOver() {
        var reply = muster.post(Batch.waitFor(SILENT, DRIPPING, FAST).with("timeout", "150ms"));

        assertCancelled(reply, "deadline", "silent", "dripping");
    }

    /// A time-out that comes with the response must not close the connection after the next call has leased it.
    @Test
    void noOtherCallIsResetWhenTimeoutsCoincideWithResponses() {
        var calls = IntStream.range(0, 300)
                .mapToObj(i -> Call.up("c" + i, "/delay/20").with("timeout", (20 + i % 4) + "ms"))
                .toList();
        var batch = Batch.of("gather", calls).with("concurrency", 30).with("timeout", "1s");

        var errors = new TreeMap<String, Integer>();
        for (int i = 0; i < 30; i++) {
            var reply = muster.post(batch);
            for (int c = 0; c < calls.size(); c++) {
                errors.merge(Reply.describe(reply.slot("c" + c)), 1, Integer::sum);
            }
        }

        assertThat(errors.keySet()).noneMatch(outcome -> outcome.startsWith("failed"));
    }

    @Test
    void callsAreAbortedWhenTheyTimeOut() {
        var reply = muster.post(Batch.gather(SILENT, DRIPPING).with("timeout", "150ms"));

        assertThat(reply.slots()).containsExactly("silent timed-out timeout", "dripping timed-out timeout");
        assertAborted("/black-hole", "/slow-body");
        assertThat(reply.error("silent").path("sent").booleanValue()).isTrue();
        assertThat(reply.error("dripping").path("sent").booleanValue()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void callsAreAbortedWhenTheClientGoesBeforeTheFirstResult(Media media) {
        var answer = muster.open(Batch.gather(SILENT, DRIPPING), media);
        upstream.awaitInFlight(2);

        answer.close();

        assertAborted("/black-hole", "/slow-body");
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void callsAreAbortedWhenTheClientGoesInTheMiddleOfAStream(Media media) {
        try (var stream = muster.open(Batch.asCompleted(SILENT, FAST, DRIPPING), media)) {
            assertThat(stream.next()).isPresent();
            upstream.awaitInFlight(2);
        }

        assertAborted("/black-hole", "/slow-body");
    }

    @Test
    void callsThatWaitForTheirTurnAreNeverSentWhenTheClientGoes() {
        var batch = Batch.asCompleted(FAST, SILENT, Call.up("waiting", "/ok?waiting"));
        try (var stream = muster.open(batch.with("concurrency", 1), Media.SSE)) {
            assertThat(stream.next()).isPresent();
            upstream.awaitExchange("/black-hole");
        }

        assertAborted("/black-hole");
        assertThat(muster.post(Batch.gather(Call.up("after", "/ok?after"))).outcome())
                .isEqualTo("complete");
        assertThat(upstream.exchanges("/ok?waiting")).isEmpty();
    }

    @Test
    void nothingStaysInUseWhenTwoHundredClientsGoInTheMiddleOfTheirStreams() {
        var clients = 200;
        var streams = new ArrayList<EventStream>();
        for (int i = 0; i < clients; i++) {
            var media = i % 2 == 0 ? Media.SSE : Media.NDJSON;
            streams.add(muster.open(Batch.asCompleted(FAST, SILENT, DRIPPING), media));
        }
        assertThat(streams).allSatisfy(stream -> assertThat(stream.next()).isPresent());
        upstream.awaitInFlight(2 * clients);

        streams.forEach(EventStream::close);

        upstream.awaitInFlight(0);
        assertThat(upstream.exchanges("/black-hole"))
                .hasSize(clients)
                .allSatisfy(exchange -> assertThat(exchange.closedByPeer()).succeedsWithin(SOON));
        var calls = IntStream.range(0, 400)
                .mapToObj(i -> Call.up("c" + i, "/ok?" + i))
                .toList();
        assertEnded(muster.post(Batch.of("gather", calls)), 400, "complete", 200);
    }

    @Test
    void losersConnectionsAreClosedBeforeTheAnswerIsOld() {
        var reply = muster.post(Batch.firstCompleted(SILENT, Call.up("winner", "/delay/60")));
        var answered = System.nanoTime();

        assertThat(reply.outcome()).isEqualTo("complete");
        assertThat(upstream.awaitExchange("/black-hole").closedByPeer())
                .succeedsWithin(SOON)
                .satisfies(
                        closed -> assertThat(closed).isCloseTo(answered, within(TimeUnit.MILLISECONDS.toNanos(150))));
    }

    @Test
    void callIsSentOnlyWhenItsUpstreamSawIt() {
        var waiting = Call.up("waiting", "/ok?waiting");
        var reply = muster.post(
                Batch.gather(BROKEN, waiting).with("onFailure", "fail").with("concurrency", 1));

        assertEnded(reply, 2, "failed", 502);
        assertThat(reply.slots()).containsExactly("broken failed http-status", "waiting cancelled sibling-failed");
        assertThat(reply.error("broken").path("sent").booleanValue()).isTrue();
        assertThat(reply.error("waiting").path("sent").booleanValue()).isFalse();
        assertThat(upstream.exchanges("/ok?waiting")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gather", "as-completed", "wait"})
    void connectionIsKeptWhenNothingWasCancelled(String strategy) {
        muster.post(Batch.of(strategy, FAST, Call.up("also", "/status/503")));

        assertThat(upstream.exchanges())
                .allSatisfy(exchange -> assertThat(exchange.closedByPeer()).isNotDone());
    }

    /// The calls say why they were cancelled, and that they had been sent; the upstream saw them go.
    private static void assertCancelled(Reply reply, String reason, String... ids) {
        for (var id : List.of(ids)) {
            assertThat(Reply.describe(reply.slot(id))).as("%s", reply).isEqualTo("cancelled " + reason);
            assertThat(reply.error(id).path("sent").booleanValue()).isTrue();
        }
        assertAborted("/black-hole", "/slow-body");
    }

    private static void assertAborted(String... targets) {
        for (var target : List.of(targets)) {
            assertThat(upstream.awaitExchange(target).closedByPeer()).as(target).succeedsWithin(SOON);
        }
        upstream.awaitInFlight(0);
    }
}
