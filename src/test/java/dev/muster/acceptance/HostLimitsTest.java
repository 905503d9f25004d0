package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.NoLeaks;
import dev.muster.fanout.Fanout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/// How gently hosts are treated that callers name.
@ExtendWith(NoLeaks.class)
@TestPropertySource(
        properties = {
            "muster.services.default.max-in-flight-per-host=2",
            "muster.services.spaced.hosts=localhost",
            "muster.services.spaced.timeout=400ms",
            "muster.services.spaced.rate-per-host=10",
            "muster.egress.allow=127.0.0.0/8,localhost",
            "muster.egress.ports=1-65535",
            "resilience4j.retry.instances.default.max-attempts=3",
            "resilience4j.retry.instances.default.wait-duration=1ms",
        })
class HostLimitsTest extends RunningMuster {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int MOST = 2;

    @LocalServerPort
    private int port;

    @Autowired
    private Fanout fanout;

    static Stream<Arguments> strategies() {
        return Stream.of("gather", "as-completed", "wait")
                .flatMap(strategy -> Stream.of(Media.values()).map(media -> Arguments.of(strategy, media)));
    }

    /// The slow host comes first, with many more calls than the batch may have in flight.
    @ParameterizedTest
    @MethodSource("strategies")
    void aSlowHostIsAskedForNoMoreThanItsLimitAndHoldsUpNoOther(String strategy, Media media) throws Exception {
        List<Call> calls = new ArrayList<>();
        IntStream.range(0, 30).forEach(i -> calls.add(Call.url(upstream.url("/hold?" + i))));
        IntStream.range(0, 30).forEach(i -> calls.add(Call.url(particular.url("/ok?" + i))));
        var replies = new ArrayList<Reply>();
        Thread client = Thread.ofVirtual()
                .start(() -> replies.add(muster.post(Batch.of(strategy, calls).with("concurrency", 4), media)));

        await().atMost(SOON).until(() -> particular.exchanges().size() == 30 && upstream.inFlight() == MOST);
        assertThat(upstream.exchanges()).hasSize(MOST);
        releaseAll(30);
        client.join();

        assertEnded(replies.getFirst(), 60, "complete", 200);
        assertThat(upstream.mostInFlight()).isEqualTo(MOST);
    }

    @ParameterizedTest
    @CsvSource({"NDJSON", "SSE"})
    void linesBehindThoseOfASlowHostAreRead(Media media) {
        int slow = 500;
        try (var client = new LineClient(port, "concurrency=4", "text/uri-list", media)) {
            client.send(lines(slow, upstream.url("/hold?")) + lines(100, particular.url("/ok?")))
                    .end();
            await().atMost(SOON).until(() -> particular.exchanges().size() == 100 && upstream.inFlight() == MOST);
            assertThat(upstream.exchanges()).hasSize(MOST);
            releaseAll(slow);
            List<EventStream.Event> results = client.answer(media).remaining();

            JsonNode summary = results.getLast().data();
            assertThat(summary.path("outcome").asString()).isEqualTo("complete");
            assertThat(summary.path("lines").intValue()).isEqualTo(slow + 100);
            assertThat(upstream.mostInFlight()).isEqualTo(MOST);
        }
        await().atMost(SOON).until(() -> fanout.load().bufferedBytes() == 0);
    }

    /// Else a client with many lines to one host would fill the memory with them.
    @Test
    void ofLinesThatWaitForTheirHostOnlySoManyAreRead() {
        try (var client = new LineClient(port, "concurrency=4", "text/uri-list", Media.NDJSON)) {
            client.send(lines(1_500, upstream.url("/hold?")) + particular.url("/ok") + "\n")
                    .end();
            upstream.awaitInFlight(MOST);
            upstream.exchanges().forEach(Exchange::release);
            upstream.awaitInFlight(MOST);
            assertThat(particular.exchanges()).isEmpty();
        }
        upstream.exchanges().forEach(Exchange::release);
        await().atMost(SOON)
                .until(() -> fanout.load().batches() == 0 && fanout.load().bufferedBytes() == 0);
        upstream.awaitInFlight(0);
    }

    @Test
    void theLimitIsThatOfAllBatchesAndEachHasItsTurn() throws Exception {
        Batch many = Batch.of("gather", Collections.nCopies(20, Call.url(upstream.url("/hold"))));
        var clients = IntStream.range(0, 3)
                .mapToObj(_ -> Thread.ofVirtual().start(() -> muster.post(many)))
                .toList();
        upstream.awaitInFlight(MOST);
        releaseAll(60);
        for (Thread client : clients) {
            client.join();
        }

        assertThat(upstream.mostInFlight()).isEqualTo(MOST);
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void callsToOneHostAreSpacedAndTheWaitIsNotTheirBudgets(String strategy, Media media) {
        String url = particular.url("/ok").replace("127.0.0.1", "localhost");
        Reply reply = muster.post(Batch.of(strategy, Collections.nCopies(6, Call.url(url))), media);

        assertEnded(reply, 6, "complete", 200);
        List<Long> times = particular.exchanges().stream()
                .map(Exchange::receivedAt)
                .sorted()
                .toList();
        // The first may come late, as it opens the connection.
        assertThat(Duration.ofNanos(times.getLast() - times.get(1)))
                .isBetween(Duration.ofMillis(4 * 100 - 80), Duration.ofSeconds(4));
    }

    /// While one waits, as long as its batch has time.
    @Test
    void aCallThatStillWaitsWhenTimeIsUpHasTimedOutUnsent() {
        Reply reply = muster.post(Batch.of("gather", Collections.nCopies(3, Call.url(upstream.url("/black-hole"))))
                .with("timeout", "300ms"));

        assertThat(reply.slots()).containsExactly("0 timed-out timeout", "1 timed-out timeout", "2 timed-out timeout");
        assertThat(reply.error("2").path("phase").asString()).isEqualTo("acquire");
        assertThat(reply.error("2").path("sent").asBoolean()).isFalse();
        upstream.awaitInFlight(0);
        assertThat(upstream.exchanges()).hasSize(MOST);
    }

    @Test
    void aRaceAsksNoHostForMoreThanItsLimit() {
        List<Call> calls = new ArrayList<>();
        IntStream.range(0, 10).forEach(i -> calls.add(Call.url(upstream.url("/black-hole?" + i))));
        calls.add(Call.url(particular.url("/ok")));
        Reply reply = muster.post(Batch.of("first-completed", calls));

        assertThat(reply.summary().path("winner").asString()).isEqualTo("10");
        upstream.awaitInFlight(0);
        assertThat(upstream.exchanges().size()).isLessThanOrEqualTo(MOST);
    }

    @Test
    void callsByPlainUrlAreRetriedAsTheServiceDefaultSays() {
        muster.post(Batch.of("gather", Collections.nCopies(60, Call.url(particular.url("/ok")))));
        JsonNode slot = muster.post(Batch.gather(Call.url(particular.url("/status/503"))))
                .slot("0");

        assertThat(slot.path("attempts").intValue()).isEqualTo(3);
        assertThat(particular.exchanges("/status/503")).hasSize(3);
    }

    /// As they come.
    private static void releaseAll(int calls) {
        await().atMost(SOON).pollInterval(Duration.ofMillis(2)).until(() -> {
            List<Exchange> seen = upstream.exchanges();
            seen.forEach(Exchange::release);
            return seen.size() == calls;
        });
    }

    private static String lines(int count, String url) {
        return IntStream.range(0, count).mapToObj(i -> url + i + "\n").collect(Collectors.joining());
    }
}
