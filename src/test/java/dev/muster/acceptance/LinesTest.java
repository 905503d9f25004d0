package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.NoLeaks;
import dev.muster.fanout.Fanout;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/// Batches whose calls come as lines, without end.
@ExtendWith(NoLeaks.class)
@TestPropertySource(properties = {"muster.gateway.write-timeout=2s", "muster.gateway.heartbeat=1h"})
class LinesTest extends RunningMuster {

    private static final String NDJSON = "application/x-ndjson";
    private static final Duration SOON = Duration.ofSeconds(20);

    @LocalServerPort
    private int port;

    @Autowired
    private Fanout fanout;

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void callsStartWhileTheBodyArrivesAndResultsLeaveAsTheyLand(Media media) {
        try (var client = new LineClient(port, "", NDJSON, media)) {
            var results = client.answer(media);
            client.send(line("/hold?first") + line("/hold?second") + "\"http://127.0.0");
            upstream.awaitInFlight(2);
            upstream.awaitExchange("/hold?second").release();
            assertThat(results.next()).hasValueSatisfying(event -> assertResult(event, 1, "succeeded"));
            client.send(".1/\"\n" + line("/ok") + line("/hold?third"));
            assertThat(IntStream.range(0, 2)
                            .mapToObj(_ -> describe(results.next().orElseThrow())))
                    .containsExactlyInAnyOrder("2 rejected egress-denied", "3 succeeded");
            client.end();
            upstream.awaitExchange("/hold?first").release();
            assertThat(results.next()).hasValueSatisfying(event -> assertResult(event, 0, "succeeded"));
            upstream.awaitExchange("/hold?third").release();
            assertThat(results.next()).hasValueSatisfying(event -> assertResult(event, 4, "succeeded"));

            JsonNode summary = summary(results);
            assertThat(summary.path("outcome").asString()).isEqualTo("partial");
            assertThat(summary.path("strategy").asString()).isEqualTo("as-completed");
            assertThat(summary.path("lines").intValue()).isEqualTo(5);
            assertThat(summary.at("/counts/succeeded").intValue()).isEqualTo(4);
        }
    }

    @Test
    void gatherKeepsInputOrderWithinAWindowOfTheConcurrency() {
        try (var client = new LineClient(port, "strategy=gather&concurrency=3", NDJSON, Media.NDJSON)) {
            var results = client.answer(Media.NDJSON);
            client.send(line("/hold?slow") + line("/ok?1") + line("/ok?2") + line("/ok?3") + line("/ok?4"))
                    .end();
            await().atMost(SOON)
                    .until(() ->
                            upstream.inFlight() == 1 && upstream.exchanges().size() == 3);
            upstream.awaitExchange("/hold?slow").release();

            assertThat(results.remaining().stream().map(LinesTest::describe))
                    .containsExactly(
                            "0 succeeded",
                            "1 succeeded",
                            "2 succeeded",
                            "3 succeeded",
                            "4 succeeded",
                            "summary complete 5");
        }
    }

    static Stream<Arguments> names() {
        return Stream.of(
                        "application/x-ndjson",
                        "application/ndjson",
                        "application/jsonl",
                        "application/x-ndjson;charset=UTF-8",
                        "text/uri-list",
                        "text/uri-list; charset=utf-8")
                .flatMap(type -> Stream.of("", "*/*", "application/x-ndjson", "text/event-stream", "text/*")
                        .map(accept -> Arguments.of(type, accept)));
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyNameOfTheTypesIsTakenAndAnsweredByAStream(String type, String accept) {
        String url = particular.url("/ok");
        var reply = muster.post(
                type.startsWith("text") ? url + "\n" : "\"" + url + "\"\n", "Content-Type", type, "Accept", accept);

        assertThat(reply.statusCode()).isEqualTo(200);
        boolean events = accept.startsWith("text/");
        assertThat(reply.headers().firstValue("Content-Type"))
                .hasValueSatisfying(given -> assertThat(given).startsWith(events ? "text/event-stream" : NDJSON));
        assertThat(reply.headers().firstValue("Muster-Outcome")).hasValue("running");
        Media media = events ? Media.SSE : Media.NDJSON;
        assertThat(EventStream.of(media, reply.body()).remaining().stream().map(LinesTest::describe))
                .containsExactly("0 succeeded", "summary complete 1");
    }

    @ParameterizedTest
    @CsvSource({
        "application/json, application/x-ndjson, 406",
        "application/x-ndjson, application/x-ndjson;charset=utf-16, 415",
        "application/x-ndjson, text/plain, 415",
        "application/x-ndjson, text/uri-list;charset=latin1, 415",
    })
    void whatIsNotTakenIsRefused(String accept, String type, int status) {
        assertThat(muster.post("", "Accept", accept, "Content-Type", type).statusCode())
                .isEqualTo(status);
        assertThat(muster.post("", "Accept", NDJSON, "Content-Type", NDJSON, "Content-Encoding", "gzip")
                        .statusCode())
                .isEqualTo(415);
    }

    @Test
    void everyFaultOfTheParametersIsToldAtOnce() throws Exception {
        try (var client = new RawClient(port)) {
            client.send("POST /batches?strategy=wait&concurrency=x HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                    + NDJSON + "\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.readUntil("]}")).contains("HTTP/1.1 400 ", "#/strategy", "#/concurrency");
        }
    }

    @Test
    void aLineThatIsNoCallIsAResultAndEndsNothing() {
        var results = results("", "nonsense\n" + line("/ok") + "{\"url\": 1, \"x\": 2}\n");

        JsonNode invalid = results.stream()
                .filter(event -> event.data().path("index").intValue() == 2)
                .findFirst()
                .orElseThrow()
                .data();
        assertThat(invalid.path("outcome").asString()).isEqualTo("rejected");
        assertThat(invalid.path("line").intValue()).isEqualTo(3);
        assertThat(invalid.at("/error/type").asString()).isEqualTo("invalid-call");
        assertThat(invalid.at("/error/errors")
                        .valueStream()
                        .map(fault -> fault.path("pointer").asString()))
                .containsExactlyInAnyOrder("#/url", "#/x");
        assertThat(describe(results.getLast())).isEqualTo("summary partial 3");
        assertThat(results.getLast().data().at("/counts/rejected").intValue()).isEqualTo(2);
    }

    /// As in a document, its head counts only against all responses of a batch.
    @Test
    void aResponseMayBeAsLargeAsOneOfADocument() {
        assertThat(results("", line("/octets/1048576") + line("/octets/1048577")).stream()
                        .map(LinesTest::describe))
                .containsExactlyInAnyOrder("0 succeeded", "1 failed response-too-large", "summary partial 2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "{\"service\": \"up\", \"path\": \"/status/500\"}"})
    void theFirstThatFailsEndsABatchThatIsToFail(String failing) {
        try (var client = new LineClient(port, "onFailure=fail", NDJSON, Media.NDJSON)) {
            client.send(line("/black-hole"));
            upstream.awaitInFlight(1);
            client.send(failing + "\n" + line("/black-hole?never"));
            var results = client.answer(Media.NDJSON).remaining();

            assertThat(results.stream().map(LinesTest::describe))
                    .contains("0 cancelled sibling-failed")
                    .last()
                    .satisfies(last -> assertThat(last).startsWith("summary failed "));
            upstream.awaitInFlight(0);
        }
    }

    @Test
    void aBatchThatIsCutShortTellsHowManyLinesItHasRead() {
        try (var client = new LineClient(port, "timeout=700ms&concurrency=2", NDJSON, Media.NDJSON)) {
            client.send(line("/ok") + "\n" + line("/black-hole?1") + line("/black-hole?2") + line("/ok?late"));
            var results = client.answer(Media.NDJSON).remaining();

            assertThat(results.stream().map(LinesTest::describe))
                    .containsExactlyInAnyOrder(
                            "0 succeeded", "1 timed-out timeout", "2 timed-out timeout", "summary partial 4");
            assertThat(upstream.exchanges("/ok?late")).isEmpty();
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void ofAClientThatLeavesEveryCallIsAborted() {
        try (var client = new LineClient(port, "", NDJSON, Media.NDJSON)) {
            client.send(line("/black-hole?1") + line("/black-hole?2"));
            upstream.awaitInFlight(2);
        }
        upstream.awaitInFlight(0);
        await().atMost(SOON).untilAsserted(() -> {
            assertThat(fanout.load().batches()).isZero();
            assertThat(fanout.load().bufferedBytes()).isZero();
        });
    }

    /// What is not read stays with the client: here, the sockets' buffers and little more.
    @Test
    void linesAreReadNoFasterThanCallsEnd() throws Exception {
        int lines = 200_000;
        String some = IntStream.range(0, 1_000).mapToObj(_ -> line("/hold")).collect(Collectors.joining());
        try (var client = new LineClient(port, "concurrency=8", NDJSON, Media.NDJSON)) {
            Thread sender = Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < lines; i += 1_000) {
                        client.send(some);
                    }
                } catch (UncheckedIOException left) {
                    // as it is to
                }
            });
            upstream.awaitInFlight(8);
            assertThat(sender.join(Duration.ofSeconds(1))).as("all was taken").isFalse();
            assertThat(upstream.exchanges()).hasSize(8);
            assertThat(fanout.load().bufferedBytes()).isLessThan(32 << 20);
        }
        // That it has left stands behind what is not read.
        upstream.exchanges().forEach(Exchange::release);
        upstream.awaitInFlight(0);
    }

    @Test
    void aClientThatReadsNothingHoldsUpItsCallsAndNoOthers() {
        String some =
                IntStream.range(0, 1_000).mapToObj(_ -> line("/octets/20000")).collect(Collectors.joining());
        try (var client = new LineClient(port, "concurrency=8", NDJSON, Media.NDJSON)) {
            client.send(some).end();
            await().atMost(SOON).until(() -> upstream.exchanges().size() > 8 && upstream.inFlight() == 0);

            assertThat(upstream.exchanges().size()).isLessThan(900);
            assertThat(muster.post(Batch.gather(Call.up("a", "/ok"))).status()).isEqualTo(200);
        }
        await().atMost(SOON).until(() -> fanout.load().bufferedBytes() == 0);
    }

    /// Until its patience is at its end, and then it is told what became of what it sent.
    @Test
    void aClientThatNeitherSendsNorReadsIsCutOff() {
        try (var client = new LineClient(port, "", NDJSON, Media.NDJSON)) {
            client.send(line("/delay/3000") + line("/ok"));
            var results = client.answer(Media.NDJSON).remaining();

            assertThat(results.stream().map(LinesTest::describe))
                    .containsExactly("1 succeeded", "0 succeeded", "summary partial 2");
            assertThat(client.isClosed()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"as-completed, NDJSON", "as-completed, SSE", "gather, NDJSON", "gather, SSE"})
    void everyResultIsThereOnceWhenTheyAreMany(String strategy, Media media) {
        int lines = 10_000;
        try (var client = new LineClient(port, "concurrency=64&strategy=" + strategy, NDJSON, media)) {
            Thread.ofVirtual().start(() -> {
                String some = IntStream.range(0, 500).mapToObj(_ -> line("/ok")).collect(Collectors.joining());
                for (int i = 0; i < lines; i += 500) {
                    client.send(some);
                }
                client.end();
            });
            var results = client.answer(media).remaining();

            assertThat(describe(results.getLast())).isEqualTo("summary complete " + lines);
            var indexes = results.stream()
                    .limit(lines)
                    .map(event -> event.data().path("index").intValue())
                    .toList();
            var all = IntStream.range(0, lines).boxed().toList();
            if (strategy.equals("gather")) {
                assertThat(indexes).isEqualTo(all);
            } else {
                assertThat(indexes).containsExactlyInAnyOrderElementsOf(all);
            }
        }
        await().atMost(SOON).until(() -> fanout.load().bufferedBytes() == 0);
    }

    private List<EventStream.Event> results(String query, String lines) {
        try (var client = new LineClient(port, query, NDJSON, Media.NDJSON)) {
            return client.send(lines).end().answer(Media.NDJSON).remaining();
        }
    }

    private static String line(String path) {
        return "{\"service\": \"up\", \"path\": \"%s\"}\n".formatted(path);
    }

    private static void assertResult(EventStream.Event event, int index, String outcome) {
        assertThat(describe(event)).isEqualTo(index + " " + outcome);
    }

    private static JsonNode summary(EventStream results) {
        var last = results.remaining();
        assertThat(last).singleElement().extracting(EventStream.Event::kind).isEqualTo("summary");
        return last.getFirst().data();
    }

    private static String describe(EventStream.Event event) {
        JsonNode data = event.data();
        if (event.kind().equals("summary")) {
            return "summary %s %d"
                    .formatted(
                            data.path("outcome").asString(), data.path("lines").intValue());
        }
        String error = data.at("/error/type").asString();
        return data.path("index").intValue() + " " + data.path("outcome").asString()
                + (error.isEmpty() ? "" : " " + error);
    }
}
