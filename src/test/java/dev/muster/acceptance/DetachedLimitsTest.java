package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who may see a detached batch, how many there may be, how long they are kept, and what becomes of them when Muster
/// stops.
@Timeout(120)
class DetachedLimitsTest {

    private static final Call HELD = Call.to("up", "/hold?held");

    private final FaultyUpstream upstream = FaultyUpstream.start();

    @AfterEach
    void close() throws Exception {
        upstream.close();
    }

    private StartedMuster start(String... properties) {
        return StartedMuster.with(Stream.concat(
                        Stream.of(
                                "muster.services.up.base-url=" + upstream.url(""),
                                "muster.services.up.timeout=60s",
                                "muster.gateway.drain-timeout=1s",
                                "muster.auth.mode=api-key",
                                "muster.auth.api-keys.alice=" + AuthenticationTest.sha256("alice-1"),
                                "muster.auth.api-keys.bob=" + AuthenticationTest.sha256("bob-1")),
                        Stream.of(properties))
                .toList());
    }

    private static DetachedClient of(StartedMuster muster, String caller) {
        return DetachedClient.of(muster.port(), "X-API-Key", caller + "-1");
    }

    private static String type(DetachedClient.Answer answer) {
        return answer.json().path("type").asString().replace("urn:muster:problem:", "");
    }

    @Test
    void nobodySeesABatchButWhoMadeIt() {
        try (var muster = start()) {
            var alice = of(muster, "alice");
            var bob = of(muster, "bob");
            var accepted = alice.detach(Batch.gather(HELD), "Idempotency-Key", "k");
            var path = accepted.header("Location");

            for (var refused : List.of(bob.get(path), bob.get(path + "/results"), bob.delete(path))) {
                assertThat(refused.status()).isEqualTo(404);
                assertThat(type(refused)).isEqualTo("unknown-batch");
            }
            assertThat(bob.detach(Batch.gather(HELD), "Idempotency-Key", "k").id())
                    .isNotEqualTo(accepted.id());
            assertThat(alice.get(path).outcome()).isEqualTo("running");
            assertThat(DetachedClient.of(muster.port()).get(path).status()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @CsvSource({"muster.detached.max-batches=2, 1", "muster.detached.max-calls=4, 2", "muster.detached.max-calls=5, 2"})
    void oneCallerIsRefusedBeyondItsShareAndEveryoneBeyondAll(String limit, int calls) {
        try (var muster = start(limit, "muster.callers.bob.share=0.9")) {
            var batch = Batch.of("gather", Collections.nCopies(calls, HELD));
            var first = of(muster, "alice").detach(batch);
            assertThat(first.status()).as("%s", first).isEqualTo(202);

            var share = of(muster, "alice").detach(batch);
            assertThat(share.status()).as("%s", share).isEqualTo(429);
            assertThat(type(share)).isEqualTo("rate-limited");
            assertThat(share.header("Retry-After")).isNotEqualTo("absent");

            // What is there stays, whoever comes.
            var other = of(muster, "bob").detach(batch);
            assertThat(other.status()).as("%s", other).isIn(202, 503);
            var all = of(muster, "bob").detach(batch);
            assertThat(all.status()).as("%s", all).isIn(429, 503);
            assertThat(of(muster, "alice").get(first.header("Location")).outcome())
                    .isEqualTo("running");
            assertThat(of(muster, "alice")
                            .post(Batch.gather(Call.to("up", "/ok")))
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aBatchThatNeverFitsIsToldSoAtOnce() {
        try (var muster = start("muster.detached.max-calls=4")) {
            var large = of(muster, "alice").detach(Batch.gather(HELD, HELD, HELD));

            assertThat(large.status()).as("%s", large).isEqualTo(413);
            assertThat(type(large)).isEqualTo("batch-too-large");
        }
    }

    @Test
    void bytesAreBoundedAndFreeAgainWhenBatchesAreForgotten() {
        try (var muster = start("muster.detached.max-bytes=1MB", "muster.detached.retention=1s")) {
            var alice = of(muster, "alice");
            var batch = Batch.gather(Call.to("up", "/octets/100000"));
            var kept = new ArrayList<DetachedClient.Answer>();

            var answer = alice.post(batch, "Prefer", "respond-async, wait=10");
            while (answer.status() == 200 && kept.size() < 100) {
                kept.add(answer);
                answer = alice.post(batch, "Prefer", "respond-async, wait=10");
            }

            assertThat(answer.status()).as("%s", answer.header("Retry-After")).isEqualTo(429);
            assertThat(kept).hasSizeBetween(1, 5);
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            alice.detach(Batch.gather(Call.to("up", "/ok"))).status() == 202);
            assertThat(alice.get("/batches/" + kept.getFirst().id()).status()).isEqualTo(404);
        }
    }

    @Test
    void followersAreBounded() {
        try (var muster = start("muster.detached.max-followers=2")) {
            var alice = of(muster, "alice");
            var path = alice.detach(Batch.gather(HELD)).header("Location") + "/results";
            try (var _ = alice.follow(path, Media.SSE)) {
                assertThat(alice.get(path, "Accept", Media.SSE.type()).status()).isEqualTo(429);
                assertThat(alice.get(path).status()).isEqualTo(200);
            }
            await().ignoreExceptions().until(() -> {
                alice.follow(path, Media.SSE).close();
                return true;
            });
        }
    }

    @Test
    void aBatchIsForgottenWhenItsTimeIsOver() {
        try (var muster = start("muster.detached.retention=1s")) {
            var alice = of(muster, "alice");
            var answer = alice.post(Batch.gather(Call.to("up", "/ok")), "Prefer", "respond-async, wait=10");

            await().atMost(Duration.ofSeconds(10))
                    .until(() -> alice.get("/batches/" + answer.id()).status() == 404);
        }
    }

    @Test
    void callsThatRunAreCancelledAndTheirFollowersToldWhenMusterStops() {
        var muster = start();
        var alice = of(muster, "alice");
        var path = alice.detach(Batch.gather(Call.to("up", "/ok"), HELD)).header("Location") + "/results";
        try (var stream = alice.follow(path, Media.NDJSON)) {
            assertThat(stream.next()).isPresent();
            upstream.awaitExchange("/hold?held");
            long before = System.nanoTime();

            var stopped = CompletableFuture.runAsync(muster.context()::close);

            var rest = stream.remaining();
            assertThat(rest).extracting(EventStream.Event::kind).containsExactly("result", "summary");
            assertThat(rest.getFirst().data().at("/error/type").asString()).isEqualTo("shutdown");
            assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(10));
        }
    }
}
