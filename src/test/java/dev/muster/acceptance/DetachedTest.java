package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/// Batches that outlive their request, over the wire.
@TestPropertySource(properties = "muster.services.default.timeout=30s")
class DetachedTest extends RunningMuster {

    private static final Call FIRST = Call.up("first", "/hold?first");
    private static final Call SECOND = Call.up("second", "/hold?second");
    private static final Call THIRD = Call.up("third", "/hold?third");

    @LocalServerPort
    private int ownPort;

    private DetachedClient client = DetachedClient.of(0);

    @BeforeEach
    void connect() {
        client = DetachedClient.of(ownPort);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gather", "as-completed", "first-completed", "wait"})
    void aBatchRunsOnWhenItsClientDoesNotWait(String strategy) {
        var accepted = client.detach(Batch.of(strategy, FIRST, SECOND));

        assertThat(accepted.status()).as("%s", accepted).isEqualTo(202);
        assertThat(accepted.header("Location")).isEqualTo("/batches/" + accepted.id());
        assertThat(accepted.header("Preference-Applied")).isEqualTo("respond-async");
        assertThat(accepted.header("Retry-After")).isEqualTo("1");
        assertThat(accepted.header("Muster-Batch-Id")).isEqualTo(accepted.id());
        assertThat(accepted.header("Muster-Outcome")).isEqualTo("running");
        assertThat(accepted.outcome()).isEqualTo("running");
        assertThat(accepted.json().has("results")).isFalse();
        assertThat(accepted.json().at("/counts/pending").intValue()).isEqualTo(2);

        upstream.awaitExchange("/hold?second").release();
        if (!strategy.equals("first-completed")) {
            awaitSucceeded(accepted, 1);
            upstream.awaitExchange("/hold?first").release();
        }
        var ended = client.ended(accepted.id());
        assertThat(ended.status()).isEqualTo(200);
        assertThat(ended.outcome()).isEqualTo("complete");
        assertThat(ended.header("Muster-Outcome")).isEqualTo("complete");
        assertThat(ended.header("Preference-Applied")).isEqualTo("wait=20");
        assertThat(ended.header("Retry-After")).isEqualTo("absent");
        assertThat(Instant.parse(ended.json().path("expiresAt").asString()))
                .isBetween(Instant.now().plusSeconds(3_500), Instant.now().plusSeconds(3_601));
        assertThat(sum(ended.json().path("counts"))).isEqualTo(2);

        var results = client.get(accepted.header("Location") + "/results");
        assertThat(results.results()).containsExactly("second", "first");
        assertThat(results.json()
                        .path("results")
                        .valueStream()
                        .map(result -> result.path("seq").intValue()))
                .containsExactly(1, 2);
        assertThat(results.json().has("next")).isFalse();
    }

    private void awaitSucceeded(DetachedClient.Answer accepted, int calls) {
        await().until(() -> client.get(accepted.header("Location"))
                        .json()
                        .at("/counts/succeeded")
                        .intValue()
                == calls);
    }

    private static int sum(JsonNode counts) {
        return counts.valueStream().mapToInt(JsonNode::intValue).sum();
    }

    @ParameterizedTest
    @CsvSource({
        "gather,          200, first second",
        "as-completed,    200, second first",
        "first-completed, 200, first second",
        "wait,            200, first second",
    })
    void theAnswerIsThatOfAnyBatchWhenItEndsInTime(String strategy, int status, String order) {
        var batch = Batch.of(strategy, Call.up("first", "/delay/150"), Call.up("second", "/ok"));
        var plain = client.post(batch);
        var answer = client.post(batch, "Prefer", "respond-async, wait=10");

        assertThat(answer.status()).as("%s", answer).isEqualTo(status).isEqualTo(plain.status());
        assertThat(answer.results()).containsExactly(order.split(" ", -1)).isEqualTo(plain.results());
        assertThat(answer.json().propertyNames()).isEqualTo(plain.json().propertyNames());
        assertThat(answer.json().at("/results/0").propertyNames())
                .isEqualTo(plain.json().at("/results/0").propertyNames());
        assertThat(answer.response().headers().map().keySet())
                .isEqualTo(plain.response().headers().map().keySet());
        assertThat(client.get("/batches/" + answer.id()).outcome()).isEqualTo(answer.outcome());
    }

    @ParameterizedTest
    @CsvSource({"/status/503, 502", "/black-hole, 504"})
    void aFailedBatchIsTheProblemItWouldBeWhenItEndsInTime(String path, int status) {
        var batch = Batch.gather(Call.up("a", path).with("timeout", "100ms"), Call.up("b", "/tricky-json"))
                .with("onFailure", "fail");
        var plain = client.post(batch);
        var answer = client.post(batch, "Prefer", "wait=10, respond-async");

        assertThat(answer.status()).as("%s", answer).isEqualTo(status).isEqualTo(plain.status());
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().propertyNames()).isEqualTo(plain.json().propertyNames());
        assertThat(answer.json().at("/batch").propertyNames())
                .isEqualTo(plain.json().at("/batch").propertyNames());
    }

    @Test
    void aJsonBodyIsCarriedUnchangedWhenItWasKept() {
        var answer = client.post(Batch.gather(Call.up("a", "/tricky-json")), "Prefer", "respond-async, wait=10");

        assertThat(answer.response().body()).contains(Behaviour.Content.TRICKY_JSON);
        assertThat(client.get("/batches/" + answer.id() + "/results").response().body())
                .contains(Behaviour.Content.TRICKY_JSON);
        var lines = client.follow("/batches/" + answer.id() + "/results", Media.NDJSON)
                .remaining();
        assertThat(lines).hasSize(2);
        assertThat(lines.getFirst().text())
                .contains(Behaviour.Content.TRICKY_JSON.replace('\n', ' ').replace('\r', ' '));
    }

    @Test
    void aRefusalIsToldAtOnceWhenNothingIsToBeWaitedFor() {
        assertThat(client.detach(Batch.gather(Call.up("a", "/ok").with("url", "x")))
                        .status())
                .isEqualTo(400);
        assertThat(client.detach(Batch.gather(Call.up("a", "/ok")), "Idempotency-Key", " ")
                        .status())
                .isEqualTo(400);
        var merged = client.detach(Batch.gather(Call.up("a", "/ok")).with("answer", "bodies"));
        assertThat(merged.json().at("/errors/0/pointer").asString()).isEqualTo("#/answer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0198c0f2-6a1e-7c3b-9d54-2f1b8e6a7c01", "1", "0198C0F2-6A1E-7C3B-9D54-2F1B8E6A7C01"})
    void thereIsNoBatchWhenNoneWasMade(String id) {
        for (var path : List.of("/batches/" + id, "/batches/" + id + "/results")) {
            var answer = client.get(path);
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.json().path("type").asString()).isEqualTo("urn:muster:problem:unknown-batch");
        }
        assertThat(client.delete("/batches/" + id).status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gather", "as-completed", "first-completed", "wait"})
    void whatIsPendingIsCancelledWhenTheBatchIsDeleted(String strategy) {
        var accepted = client.detach(Batch.of(strategy, Call.up("broken", "/status/503"), FIRST));
        upstream.awaitExchange("/hold?first");
        await().until(() -> client.get(accepted.header("Location"))
                        .json()
                        .at("/counts/failed")
                        .intValue()
                == 1);

        var deleted = client.delete(accepted.header("Location"));

        assertThat(deleted.status()).isEqualTo(200);
        assertThat(deleted.outcome()).isEqualTo(strategy.equals("first-completed") ? "failed" : "partial");
        assertThat(upstream.onlyExchange("/hold?first").closedByPeer()).succeedsWithin(Duration.ofSeconds(5));
        var results =
                client.get(accepted.header("Location") + "/results").json().path("results");
        assertThat(results.size()).isEqualTo(2);
        assertThat(results.at("/1/error/type").asString()).isEqualTo("client-cancelled");
        assertThat(client.delete(accepted.header("Location")).outcome()).isEqualTo(deleted.outcome());
    }

    @Test
    void theBatchThereIsAnswersWhenItsKeyComesOnceMore() {
        var batch = Batch.gather(FIRST);
        var accepted = client.detach(batch, "Idempotency-Key", "\"key-1\"");
        upstream.awaitExchange("/hold?first");

        var again = client.detach(batch, "Idempotency-Key", "\"key-1\"");
        assertThat(again.status()).isEqualTo(202);
        assertThat(again.id()).isEqualTo(accepted.id());
        var other = client.detach(batch.and(SECOND), "Idempotency-Key", "\"key-1\"");
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().path("type").asString()).isEqualTo("urn:muster:problem:idempotency-key-reused");
        assertThat(upstream.exchanges()).hasSize(1);

        upstream.onlyExchange("/hold?first").release();
        client.ended(accepted.id());
        var answer = client.detach(batch, "Idempotency-Key", "\"key-1\"");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.id()).isEqualTo(accepted.id());
        assertThat(answer.results()).containsExactly("first");
        assertThat(client.detach(batch, "Idempotency-Key", "\"key-2\"").id()).isNotEqualTo(accepted.id());
    }

    @Test
    void pagesHaveEachResultOnceInLandingOrder() {
        var calls = IntStream.range(0, 95)
                .mapToObj(i -> Call.up("c" + i, "/ok?" + i))
                .toList();
        var accepted = client.detach(Batch.of("gather", calls).and(FIRST));
        awaitSucceeded(accepted, 95);
        var seen = new ArrayList<Integer>();
        long after = 0;

        for (int page = 0; page < 10; page++) {
            var answer = client.get(accepted.header("Location") + "/results?limit=10&after=" + after);
            assertThat(answer.outcome()).isEqualTo("running");
            answer.json()
                    .path("results")
                    .forEach(result -> seen.add(result.path("seq").intValue()));
            after = answer.json().path("next").longValue();
        }

        assertThat(seen).isEqualTo(IntStream.rangeClosed(1, 95).boxed().toList());
        assertThat(client.get(accepted.header("Location") + "/results?after=95")
                        .json()
                        .path("next")
                        .longValue())
                .isEqualTo(95);
        upstream.awaitExchange("/hold?first").release();
        client.ended(accepted.id());
        var last = client.get(accepted.header("Location") + "/results?after=95");
        assertThat(last.results()).containsExactly("first");
        assertThat(last.json().has("next")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"after=-1", "after=x", "limit=0", "limit=1001", "limit=", "after=1.5"})
    void aPageIsRefusedWhenItsParametersAreWrong(String query) {
        var accepted = client.post(Batch.gather(Call.up("a", "/ok")), "Prefer", "respond-async, wait=10");

        var refused = client.get("/batches/" + accepted.id() + "/results?" + query);

        assertThat(refused.status()).as("%s", refused).isEqualTo(400);
        assertThat(refused.json().at("/errors/0/pointer").asString())
                .isEqualTo("#/" + query.substring(0, query.indexOf("=")));
    }

    @Test
    void aPageIsRefusedWhenAParameterIsUnknown() {
        var accepted = client.post(Batch.gather(Call.up("a", "/ok")), "Prefer", "respond-async, wait=10");

        assertThat(client.get("/batches/" + accepted.id() + "/results?page=2").status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void aFollowerGetsWhatLandsAndThenTheSummary(Media media) {
        var accepted = client.detach(Batch.gather(FIRST, SECOND, THIRD));
        var path = accepted.header("Location") + "/results";
        upstream.awaitExchange("/hold?third").release();
        try (var stream = client.follow(path, media)) {
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "third", 1));
            upstream.awaitExchange("/hold?first").release();
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "first", 2));
            upstream.awaitExchange("/hold?second").release();
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "second", 3));
            var rest = stream.remaining();
            assertThat(rest).extracting(EventStream.Event::kind).containsExactly("summary");
            assertThat(rest.getFirst().data().path("outcome").asString()).isEqualTo("complete");
        }
        assertThat(client.get(path + "?after=4", "Accept", media.type()).status())
                .isEqualTo(204);
        assertThat(client.get(path, "Accept", media.type(), "Last-Event-ID", "4")
                        .status())
                .isEqualTo(204);
        assertThat(client.follow(path + "?after=3", media).remaining())
                .extracting(EventStream.Event::kind)
                .containsExactly("summary");
    }

    private static void assertResult(EventStream.Event event, String id, int seq) {
        assertThat(event.kind()).isEqualTo("result");
        assertThat(event.data().path("id").asString()).isEqualTo(id);
        assertThat(event.data().path("seq").intValue()).isEqualTo(seq);
        if (event.id() != null) {
            assertThat(event.id()).isEqualTo(Integer.toString(seq));
        }
    }

    @Test
    void aFollowerThatReconnectsFiftyTimesSeesEachResultOnce() {
        var calls = IntStream.range(0, 500)
                .mapToObj(i -> Call.up("c" + i, "/delay/" + i * 2))
                .toList();
        var accepted = client.detach(Batch.of("as-completed", calls).with("concurrency", 200));
        var seen = new ArrayList<Integer>();
        var kinds = new ArrayList<String>();
        var last = "0";

        for (int i = 0; i < 50; i++) {
            try (var stream =
                    client.follow(accepted.header("Location") + "/results", Media.SSE, "Last-Event-ID", last)) {
                for (int j = 0; j < 9; j++) {
                    var event = stream.next().orElseThrow();
                    last = String.valueOf(event.id());
                    seen.add(event.data().path("seq").intValue());
                }
            }
        }
        for (var event : client.follow(accepted.header("Location") + "/results?after=" + last, Media.SSE)
                .remaining()) {
            kinds.add(event.kind());
            last = String.valueOf(event.id());
            if (event.kind().equals("result")) {
                seen.add(event.data().path("seq").intValue());
            }
        }

        assertThat(kinds).endsWith("summary").hasSize(51);
        assertThat(seen).isEqualTo(IntStream.rangeClosed(1, 500).boxed().toList());
        assertThat(last).isEqualTo("501");
    }

    @Test
    void aBatchIsNotHeldUpWhenAFollowerDoesNotRead() {
        var calls = IntStream.range(0, 20)
                .mapToObj(i -> Call.up("c" + i, "/octets/500000?" + i))
                .toList();
        var accepted = client.detach(Batch.of("gather", calls).and(FIRST));
        try (var slow = client.follow(accepted.header("Location") + "/results", Media.NDJSON)) {
            upstream.awaitExchange("/hold?first").release();
            assertThat(client.ended(accepted.id()).outcome()).isEqualTo("complete");
            assertThat(slow.remaining()).hasSize(22);
        }
    }

    @Test
    void waitReturnsAndLeavesWhatIsPendingRunningWhenItDetaches() {
        var returned = client.post(Batch.waitFor(Call.up("ready", "/ok"), FIRST)
                .with("pending", "detach")
                .with("timeout", "300ms"));

        assertThat(returned.status()).as("%s", returned).isEqualTo(200);
        assertThat(returned.header("Location")).isEqualTo("/batches/" + returned.id());
        assertThat(returned.outcome()).isEqualTo("running");
        assertThat(returned.json().path("done").toString()).isEqualTo("[\"ready\"]");
        assertThat(returned.json().path("pending").toString()).isEqualTo("[\"first\"]");
        assertThat(returned.json().at("/counts/pending").intValue()).isEqualTo(1);
        assertThat(returned.results()).containsExactly("ready", "first");
        assertThat(returned.json().at("/results/1/outcome").asString()).isEqualTo("pending");
        assertThat(returned.json().at("/results/1/attempts").intValue()).isEqualTo(1);
        assertThat(upstream.onlyExchange("/hold?first").closedByPeer()).isNotDone();

        upstream.onlyExchange("/hold?first").release();
        assertThat(client.ended(returned.id()).outcome()).isEqualTo("complete");
        assertThat(client.get(returned.header("Location") + "/results?after=1").results())
                .containsExactly("first");
    }

    @ParameterizedTest
    @CsvSource({"first-completed, /ok", "first-exception, /status/503", "first-completed, /status/503"})
    void waitReturnsWithWhatMetItsConditionWhenItDetaches(String returnWhen, String path) {
        var returned = client.post(Batch.waitFor(FIRST, Call.up("decides", path))
                .with("pending", "detach")
                .with("returnWhen", returnWhen));

        assertThat(returned.status()).as("%s", returned).isEqualTo(200);
        assertThat(returned.json().path("done").toString()).isEqualTo("[\"decides\"]");
        assertThat(returned.json().at("/results/0/outcome").asString()).isEqualTo("pending");
        upstream.onlyExchange("/hold?first").release();
        client.ended(returned.id());
    }

    @Test
    void waitIsEndedWhenAllItsCallsAreBeforeItReturns() {
        var returned = client.post(
                Batch.waitFor(Call.up("a", "/ok"), Call.up("b", "/ok")).with("pending", "detach"));

        assertThat(returned.status()).isEqualTo(200);
        assertThat(returned.outcome()).isEqualTo("complete");
        assertThat(returned.json().path("pending").toString()).isEqualTo("[]");
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void waitStreamsWhatLandsAndThenWhatIsPendingWhenItDetaches(Media media) {
        var batch = Batch.waitFor(Call.up("ready", "/ok"), FIRST)
                .with("pending", "detach")
                .with("timeout", "500ms");
        try (var stream = muster.open(batch, media)) {
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "ready", 1));
            var rest = stream.remaining();
            assertThat(rest).extracting(EventStream.Event::kind).containsExactly("result", "summary");
            assertThat(rest.getFirst().data().path("outcome").asString()).isEqualTo("pending");
            assertThat(rest.getLast().data().path("outcome").asString()).isEqualTo("running");
            upstream.onlyExchange("/hold?first").release();
            assertThat(client.ended(rest.getLast().data().path("id").asString()).outcome())
                    .isEqualTo("complete");
        }
    }

    @Test
    void anAnswerIsCompressedWhenItsClientTakesGzip() {
        var calls = IntStream.range(0, 20)
                .mapToObj(i -> Call.up("c" + i, "/ok?" + i))
                .toList();
        var answer =
                client.post(Batch.of("gather", calls), "Prefer", "respond-async, wait=10", "Accept-Encoding", "gzip");

        assertThat(answer.header("Content-Encoding")).isEqualTo("gzip");
    }

    @Test
    void aBatchHasAsMuchTimeAsItAsksForWhenItOutlivesItsRequest() {
        var accepted = client.detach(Batch.gather(FIRST).with("timeout", "300ms"));
        assertThat(client.ended(accepted.id()).json().at("/counts/timedOut").intValue())
                .isEqualTo(1);

        var longer = client.detach(Batch.gather(SECOND).with("timeout", "2h"), "X-Envoy-Expected-Rq-Timeout-Ms", "50");
        var expires = Instant.parse(
                client.get(longer.header("Location")).json().path("expiresAt").asString());
        assertThat(expires)
                .isBetween(Instant.now().plusSeconds(7_100), Instant.now().plusSeconds(7_201));
        client.delete(longer.header("Location"));
    }
}
