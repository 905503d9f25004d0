package dev.muster.fanout;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.answer.ResultReader;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.RejectionType;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.plan.PropagationProperties;
import dev.muster.plan.ResponseProperties;
import dev.muster.request.BatchReader;
import dev.muster.request.DocumentMemory;
import dev.muster.service.ServiceCatalogue;
import dev.muster.strategy.BatchOutcome;
import io.netty.util.concurrent.EventExecutor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import reactor.test.scheduler.VirtualTimeScheduler;

/// Calls that need others, from the document to the wire. Deadlines pass when the test says.
@ExtendWith(NoLeaks.class)
class DependentCallsTest {

    private static final int PERMITS = 20;
    private static final int MOST_BODY = 4_096;

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final NanoClock clock = new TimerClock(timer);
    private final Upstreams upstreams = Upstreams.with().clock(clock).open();
    private final Fanout fanout = new Fanout(
            upstreams.pipeline(),
            Batch.limits(PERMITS, 5_000),
            Batch.EQUAL_CALLERS,
            timer,
            List.<EventExecutor>of(),
            new ResultReader(60, 1_000),
            BatchListener.NONE);
    private final Planner planner = new Planner(
            new BatchProperties(Duration.ofSeconds(1), Duration.ofHours(1), 2_000, 256, DataSize.ofBytes(MOST_BODY)),
            new ResponseProperties(DataSize.ofMegabytes(1), DataSize.ofMegabytes(16), List.of("set-cookie"), 60, 1_000),
            new PropagationProperties("x-deadline-ms", List.of(), false),
            new ServiceCatalogue(Map.of()));

    /// What is answered by JSON, by path.
    private final Map<String, String> json = new ConcurrentHashMap<>();

    private final CountDownLatch held = new CountDownLatch(1);
    private final RawServer server = RawServer.serving(peer -> {
        for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
            switch (request.target()) {
                case "/broken" -> peer.write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
                case "/silent" -> {
                    // whoever asks waits
                }
                case "/held" -> {
                    peer.await(held);
                    peer.write(RawServer.ok("held"));
                }
                case "/headers" ->
                    peer.write(
                            "HTTP/1.1 204 No Content\r\netag: \"7\"\r\nset-cookie: a=b\r\nconnection: x-hop\r\nx-hop: 1\r\n\r\n");
                default -> {
                    String body = json.get(request.target());
                    peer.write(
                            body == null
                                    ? RawServer.ok("text")
                                    : "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                                            .formatted(body.getBytes(StandardCharsets.UTF_8).length, body));
                }
            }
        }
    });

    @AfterEach
    void close() throws Exception {
        held.countDown();
        upstreams.close();
        server.close();
        timer.dispose();
    }

    @Test
    void valuesKeepTheirTypeAndEveryDigit() throws Exception {
        json.put("/a", """
                {"n": 12345678901234567890.10e+2, "s": "q\\"\\u00e4/ ", "o": {"k" : [1,  2.0]}, "t": true, "z": null}""");

        List<CallOutcome> results = results("", """
                {"id": "a", "url": "URL/a"},
                {"url": "URL/b/{a#/body/n}?q={a#/body/s}&t={a#/body/t}&s={a#/status}", "headers": {"x-n": "n {a#/body/n}"},
                 "body": {"n": "{a#/body/n}", "s": "{a#/body/s}", "o": "{a#/body/o}", "z": "{a#/body/z}", "all": "<{a#/body/s}>"}}""");

        assertThat(results).hasOnlyElementsOfType(CallOutcome.Succeeded.class);
        server.request();
        RawServer.Request made = server.request();
        assertThat(made.line())
                .isEqualTo("POST /b/12345678901234567890.10e%2B2?q=q%22%C3%A4%2F%20&t=true&s=200 HTTP/1.1");
        assertThat(made.header("x-n")).containsExactly("n 12345678901234567890.10e+2");
        assertThat(new String(made.body(), StandardCharsets.UTF_8)).isEqualTo("""
                {"n": 12345678901234567890.10e+2, "s": "q\\"\\u00e4/ ", "o": {"k" : [1,  2.0]}, "z": null, "all": "<q\\"ä/ >"}""");
        assertThat(results.getLast().call().destination().url())
                .endsWith("/b/12345678901234567890.10e%2B2?q=q%22%C3%A4%2F%20&t=true&s=200");
    }

    @Test
    void aPointerLeadsToWhatTheResultHas() throws Exception {
        json.put("/a", "{\"l\": [[0], {\"a/b\": {\"m~n\": \"deep\"}}], \"l\": 1, \"\": \"empty\"}");

        results("", """
                {"id": "a", "url": "URL/a"}, {"id": "t", "url": "URL/t"}, {"id": "h", "url": "URL/headers"},
                {"url": "URL/b", "dependsOn": ["t"],
                 "body": ["{a#/body/l/1/a~1b/m~0n}", "{a#/body/}", "{t#/body}", "{h#/headers/etag/0}", "{a#/body/l/0}"]}""");

        await().atMost(BOUND).until(() -> server.received() == 4);
        assertThat(bodies()).contains("[\"deep\", \"empty\", \"text\", \"\\\"7\\\"\", [0]]");
    }

    @ParameterizedTest
    @CsvSource({
        "a, /body/none, there is no such value",
        "a, /body/l/2, there is no such value",
        "a, /body/l/01, there is no such value",
        "a, /body/l/-, there is no such value",
        "a, /body/s/x, there is no such value",
        "t, /body/x, there is no such value",
        "h, /body, there is no such value",
        "h, /headers/set-cookie/0, there is no such value",
        "h, /headers/x-hop/0, there is no such value",
        "h, /headers/etag/1, there is no such value",
        "a, /body/z, 'is null, where text is wanted'",
        "a, /body/l, 'is no scalar, where text is wanted'",
        "a, /body, 'is no scalar, where text is wanted'",
        "a, /body/empty, 'is empty, which no part of a path may be'",
        "a, /body/dots, would leave its path segment",
    })
    void aValueThatCannotStandThereIsNamed(String id, String pointer, String reason) throws Exception {
        json.put("/a", "{\"s\": \"x\", \"l\": [1, 2], \"z\": null, \"empty\": \"\", \"dots\": \"..\"}");

        CallOutcome last = results("", """
                {"id": "a", "url": "URL/a"}, {"id": "t", "url": "URL/t"}, {"id": "h", "url": "URL/headers"},
                {"url": "URL/b/{%s#%s}", "dependsOn": ["a", "t", "h"]}""".formatted(id, pointer)).getLast();

        assertThat(last).isInstanceOfSatisfying(CallOutcome.Rejected.class, rejected -> {
            assertThat(rejected.type()).isEqualTo(RejectionType.DEPENDENCY_FAILED);
            assertThat(rejected.detail()).isEqualTo("%s#%s %s".formatted(id, pointer, reason));
            assertThat(rejected.call().destination().url()).endsWith("/b/{%s#%s}".formatted(id, pointer));
        });
        assertThat(server.received()).isEqualTo(3);
    }

    @Test
    void whatNeedsAFailedCallIsRejectedAndSoIsWhatNeedsThat() {
        List<CallOutcome> results = results("", """
                {"url": "URL/c", "dependsOn": ["b"]}, {"id": "b", "url": "URL/b", "dependsOn": ["a"]},
                {"id": "a", "url": "URL/broken"}, {"url": "URL/other"}""");

        assertThat(results)
                .hasExactlyElementsOfTypes(
                        CallOutcome.Rejected.class,
                        CallOutcome.Rejected.class,
                        CallOutcome.Failed.class,
                        CallOutcome.Succeeded.class);
        assertThat(((CallOutcome.Rejected) results.getFirst()).detail()).isEqualTo("b did not succeed");
        assertThat(((CallOutcome.Rejected) results.get(1)).detail()).isEqualTo("a did not succeed");
    }

    static Stream<String> strategies() {
        return Stream.of(
                "\"strategy\": \"gather\",",
                "\"strategy\": \"as-completed\",",
                "\"strategy\": \"first-completed\",",
                "\"strategy\": \"wait\",",
                "\"strategy\": \"gather\", \"onFailure\": \"fail\",",
                "\"strategy\": \"as-completed\", \"minSuccess\": 4,");
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void aDiamondIsMadeInItsOrderWithOneSlot(String strategy) throws Exception {
        for (boolean streamed : List.of(true, false)) {
            BatchRun run = run(strategy + "\"concurrency\": 1,", """
                    {"id": "d", "url": "URL/d", "dependsOn": ["b", "c"]},
                    {"id": "b", "url": "URL/b", "dependsOn": ["a"]}, {"id": "c", "url": "URL/c", "dependsOn": ["a"]},
                    {"id": "a", "url": "URL/a"}""");

            List<CallOutcome> results = Objects.requireNonNull(
                    streamed
                            ? run.stream().collectList().block(BOUND)
                            : run.document().block(BOUND));

            assertThat(results).hasSize(4).hasOnlyElementsOfType(CallOutcome.Succeeded.class);
            assertThat(run.summary().verdict().outcome()).isEqualTo(BatchOutcome.COMPLETE);
            List<String> targets = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                targets.add(server.request().target());
            }
            assertThat(targets).startsWith("/a").endsWith("/d").containsExactlyInAnyOrder("/a", "/b", "/c", "/d");
        }
    }

    @Test
    void aDependencyCannotWin() {
        BatchRun run = run("\"strategy\": \"first-completed\",", """
                {"id": "a", "url": "URL/a"}, {"id": "b", "url": "URL/b", "dependsOn": ["a"]}, {"url": "URL/silent"}""");

        assertThat(Objects.requireNonNull(run.document().block(BOUND))
                        .getFirst()
                        .id())
                .isNotNull();
        assertThat(run.summary().verdict().winner()).isEqualTo("b");

        BatchRun lost = run("\"strategy\": \"first-completed\",", """
                {"id": "a", "url": "URL/a"}, {"id": "b", "url": "URL/broken", "dependsOn": ["a"]}""");
        lost.document().block(BOUND);
        assertThat(lost.summary().verdict().failure()).isEqualTo("no call succeeded but those that others need");
    }

    @Test
    void theDeadlinesOfACallRunFromWhenItStartsAndTheGatewaysAllTheTime() throws Exception {
        BatchRun run = run("", """
                {"id": "a", "url": "URL/held", "timeout": "290ms"},
                {"id": "b", "url": "URL/silent", "timeout": "50ms", "dependsOn": ["a"]},
                {"id": "c", "url": "URL/c", "dependsOn": ["b"]},
                {"id": "s", "url": "URL/silent"}, {"url": "URL/c", "dependsOn": ["s"]}""");
        var results = run.document().toFuture();
        server.request();
        server.request();
        timer.advanceTimeBy(Duration.ofMillis(280));
        held.countDown();
        server.request();
        timer.advanceTimeBy(Duration.ofMillis(49));
        assertThat(results).isNotDone();
        timer.advanceTimeBy(Duration.ofMillis(1));

        assertThat(results.get())
                .satisfiesExactly(
                        a -> assertThat(a).isInstanceOf(CallOutcome.Succeeded.class),
                        b -> assertThat(b).isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                            assertThat(timedOut.passed().layer()).isEqualTo(Layer.REQUEST);
                            assertThat(timedOut.trace().elapsedNanos())
                                    .isEqualTo(Duration.ofMillis(50).toNanos());
                            assertThat(timedOut.trace().phases().acquire()).isZero();
                        }),
                        c -> assertThat(c).isInstanceOf(CallOutcome.Rejected.class),
                        s -> assertThat(s).isInstanceOf(CallOutcome.TimedOut.class),
                        last -> assertThat(last).isInstanceOf(CallOutcome.Rejected.class));
    }

    @Test
    void whoWaitsWhenTheBatchsTimeIsUpHasTimedOutWithIt() throws Exception {
        BatchRun run = run("\"timeout\": \"100ms\",", """
                {"id": "a", "url": "URL/silent"}, {"url": "URL/b/{a#/body}"}""");
        var results = run.document().toFuture();
        server.request();
        timer.advanceTimeBy(Duration.ofMillis(100));

        assertThat(results.get())
                .allSatisfy(result -> assertThat(
                                ((CallOutcome.TimedOut) result).passed().layer())
                        .isEqualTo(Layer.GATEWAY));
    }

    @Test
    void aFailureThatEndsTheBatchCancelsWhatWaits() {
        assertThat(results("\"onFailure\": \"fail\",", """
                {"url": "URL/b", "dependsOn": ["a"]}, {"id": "a", "url": "URL/broken"}""").getFirst())
                .isInstanceOfSatisfying(
                        CallOutcome.Cancelled.class,
                        cancelled -> assertThat(cancelled.reason()).isEqualTo(CancelReason.SIBLING_FAILED));
    }

    @Test
    void whoLeavesStartsNothingMore() throws Exception {
        BatchRun run = run("", """
                {"id": "a", "url": "URL/held"}, {"url": "URL/b", "dependsOn": ["a"]}""");
        var subscription = run.stream().subscribe();
        server.request();
        subscription.dispose();
        held.countDown();

        await().atMost(BOUND).until(() -> run.summary().counts().cancelled() == 2);
        assertThat(server.received()).isEqualTo(1);
    }

    @Test
    void waitingCallsHoldNoSlot() throws Exception {
        BatchRun run = run("\"strategy\": \"as-completed\", \"concurrency\": 2,", """
                {"id": "b", "url": "URL/b", "dependsOn": ["a"]}, {"url": "URL/c", "dependsOn": ["a"]},
                {"url": "URL/d", "dependsOn": ["a"]}, {"id": "a", "url": "URL/held"}, {"id": "e", "url": "URL/e"},
                {"id": "f", "url": "URL/f", "dependsOn": ["e"]}""");
        var landed = new LinkedBlockingQueue<CallOutcome>();
        var subscription = run.stream().subscribe(landed::add);

        assertThat(landed.take().id()).isEqualTo("e");
        assertThat(landed.take().id()).isEqualTo("f");
        held.countDown();
        await().atMost(BOUND).until(() -> landed.size() == 4);
        subscription.dispose();
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void aThousandCallsWaitForOne(String strategy) {
        String dependents = IntStream.range(0, 1_000)
                .mapToObj(i -> "{\"url\": \"URL/b/{a#/body/v}/%d\"}".formatted(i))
                .collect(Collectors.joining(","));
        json.put("/a", "{\"v\": 7}");
        BatchRun run = run(strategy, dependents + ", {\"id\": \"a\", \"url\": \"URL/a\"}");

        assertThat(run.document().block(BOUND)).hasSize(1_001);
        assertThat(run.summary().verdict().outcome()).isEqualTo(BatchOutcome.COMPLETE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/next", "/broken"})
    void aChainOfAHundredIsMadeOrRejectedLinkByLink(String first) {
        json.put("/next", "{\"path\": \"next\"}");
        String chain = IntStream.range(1, 100)
                .mapToObj(i -> "{\"id\": \"%d\", \"url\": \"URL/{%d#/body/path}\"}".formatted(i, i - 1))
                .collect(Collectors.joining(","));

        List<CallOutcome> results = results("", "{\"id\": \"0\", \"url\": \"URL%s\"}, ".formatted(first) + chain);

        assertThat(results.subList(1, 100))
                .hasOnlyElementsOfType(
                        first.equals("/next") ? CallOutcome.Succeeded.class : CallOutcome.Rejected.class);
    }

    @Test
    void aFinishedCallHasTheLimitsOfAnyOther() {
        json.put("/a", "{\"long\": \"%s\"}".formatted("x".repeat(3_000)));

        assertThat(results("", """
                {"id": "a", "url": "URL/a"},
                {"url": "URL/{a#/body/long}/{a#/body/long}/{a#/body/long}"},
                {"url": "URL/b", "headers": {"x": ["{a#/body/long}", "{a#/body/long}{a#/body/long}", "{a#/body/long}{a#/body/long}{a#/body/long}"]}},
                {"url": "URL/b", "body": ["{a#/body/long}", "{a#/body/long}"]}""").subList(1, 4))
                .extracting(result -> ((CallOutcome.Rejected) result).detail())
                .containsExactly(
                        "a#/body/long is too long: there is room for 8192 characters in all",
                        "a#/body/long is too long: headers have at most 16384 bytes in all",
                        "a#/body/long is too long: a body has at most 4096 bytes");
    }

    private List<String> bodies() throws InterruptedException {
        List<String> bodies = new ArrayList<>();
        for (int i = server.received(); i > 0; i--) {
            bodies.add(new String(server.request().body(), StandardCharsets.UTF_8));
        }
        return bodies;
    }

    private List<CallOutcome> results(String fields, String calls) {
        return Objects.requireNonNull(run(fields, calls).document().block(BOUND));
    }

    private BatchRun run(String fields, String calls) {
        String document = "{%s \"requests\": [%s]}".formatted(fields, calls.replace("URL", server.url("")));
        BatchPlan plan = planner.plan(
                new UUID(0, 1),
                new BatchReader(2_000, Set.of())
                        .read(document.getBytes(StandardCharsets.UTF_8), DocumentMemory.UNCOUNTED),
                clock.nanos(),
                null,
                BatchPlan.ANONYMOUS,
                Map.of());
        return Batch.admit(fanout, plan);
    }
}
