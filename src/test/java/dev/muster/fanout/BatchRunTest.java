package dev.muster.fanout;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.admission.CallerProperties;
import dev.muster.admission.CallersProperties;
import dev.muster.admission.OverloadedException;
import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.Phase;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Strategy;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

/// Batches against real upstreams. The wire is real, time is not: deadlines pass when the test says.
@ExtendWith(NoLeaks.class)
class BatchRunTest {

    private static final int PERMITS = 20;

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final NanoClock clock = new TimerClock(timer);
    private final Upstreams upstreams = Upstreams.with().clock(clock).open();
    private final Fanout fanout =
            new Fanout(upstreams.pipeline(), Batch.limits(PERMITS, 0), Batch.EQUAL_CALLERS, timer);
    private final RawServer server = RawServer.serving(peer -> {
        for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
            switch (request.target()) {
                case "/ok" -> peer.write(RawServer.ok("ok"));
                case "/broken" -> peer.write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
                case "/reset" -> peer.reset();
                case "/head" -> peer.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
                default -> {
                    // whoever asks waits
                }
            }
        }
    });

    @AfterEach
    void close() throws Exception {
        upstreams.close();
        server.close();
        timer.dispose();
    }

    @Test
    void everyCallHasItsOutcomeInInputOrder() {
        BatchRun run = admit(Batch.of(Batch.GATHER)
                .call(to("/ok"))
                .call(to("/broken"))
                .call(to("/reset"))
                .call(CallPlans.to("ftp://127.0.0.1/")));
        List<CallOutcome> results = Objects.requireNonNull(run.document().block(BOUND));

        assertThat(results)
                .hasExactlyElementsOfTypes(
                        CallOutcome.Succeeded.class,
                        CallOutcome.Failed.class,
                        CallOutcome.Failed.class,
                        CallOutcome.Rejected.class);
        assertThat(results).extracting(result -> result.call().index()).containsExactly(0, 1, 2, 3);
        BatchSummary summary = run.summary();
        assertThat(summary.counts()).isEqualTo(new BatchSummary.Counts(1, 2, 0, 1, 0));
        assertThat(summary.verdict().outcome()).isEqualTo(BatchOutcome.PARTIAL);
    }

    @Test
    void theDeadlineOfTheBatchIsTheGatewaysAndEndsEveryCallAtOnce() throws Exception {
        BatchRun run = admit(Batch.of(Batch.GATHER)
                .timeout(Duration.ofMillis(800))
                .concurrency(3)
                .call(to("/silent"))
                .call(to("/head"))
                .call(CallPlans.to(server.url("/silent")).budget(Duration.ofHours(1), Layer.REQUEST))
                .call(to("/ok")));
        var results = run.document().toFuture();
        requests(3);

        timer.advanceTimeBy(Duration.ofNanos(799_999_999));
        assertThat(results).isNotDone();
        timer.advanceTimeBy(Duration.ofNanos(1));

        assertThat(results).isDone();
        assertThat(results.get()).allSatisfy(result -> {
            CallOutcome.TimedOut timedOut = (CallOutcome.TimedOut) result;
            assertThat(timedOut.passed().layer()).isEqualTo(Layer.GATEWAY);
            assertThat(timedOut.passed().budget()).isEqualTo(Duration.ofMillis(800));
        });
        CallOutcome.TimedOut waited =
                (CallOutcome.TimedOut) Objects.requireNonNull(results.get()).get(3);
        assertThat(waited.phase()).isEqualTo(Phase.ACQUIRE);
        assertThat(waited.trace().elapsedNanos()).isZero();
        assertThat(waited.trace().attempts()).isZero();
        assertThat(waited.trace().sent()).isFalse();
        assertThat(run.summary().elapsedNanos()).isEqualTo(800_000_000);
        assertThat(server.received()).isEqualTo(3);
        assertAllAborted();
    }

    @Test
    void theTighterLayerEndsACallAndLeavesItsSiblings() throws Exception {
        BatchRun run = admit(Batch.of(Batch.AS_COMPLETED)
                .call(to("/silent").budget(Duration.ofMillis(300), Layer.SERVICE))
                .call(to("/silent").budget(Duration.ofMillis(40), Layer.REQUEST))
                .call(to("/silent").budget(Duration.ofHours(1), Layer.SERVICE)));
        var landed = new LinkedBlockingQueue<CallOutcome>();
        Disposable subscription = run.stream().subscribe(landed::add);
        requests(3);

        timer.advanceTimeBy(Duration.ofMillis(40));
        assertTimedOut(landed.poll(), 1, Layer.REQUEST, 40);
        timer.advanceTimeBy(Duration.ofMillis(259));
        assertThat(landed).isEmpty();
        timer.advanceTimeBy(Duration.ofMillis(1));
        assertTimedOut(landed.poll(), 0, Layer.SERVICE, 300);
        timer.advanceTimeBy(Duration.ofMillis(700));
        assertTimedOut(landed.poll(), 2, Layer.GATEWAY, 1_000);
        assertThat(subscription.isDisposed()).isTrue();
        assertAllAborted();
    }

    private static void assertTimedOut(@Nullable CallOutcome outcome, int index, Layer layer, long millis) {
        assertThat(outcome).isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
            assertThat(timedOut.call().index()).isEqualTo(index);
            assertThat(timedOut.passed().layer()).isEqualTo(layer);
            assertThat(timedOut.passed().budget()).isEqualTo(Duration.ofMillis(millis));
            assertThat(timedOut.phase()).isEqualTo(Phase.RESPONSE);
            assertThat(timedOut.trace().elapsedNanos())
                    .isEqualTo(Duration.ofMillis(millis).toNanos());
            assertThat(timedOut.trace().sent()).isTrue();
        });
    }

    @Test
    void aCallsBudgetBeginsWhenItHasItsSlot() throws Exception {
        BatchRun run = admit(Batch.of(Batch.GATHER)
                .concurrency(1)
                .call(to("/silent").budget(Duration.ofMillis(300), Layer.SERVICE))
                .call(to("/silent").budget(Duration.ofMillis(300), Layer.SERVICE)));
        var results = run.document().toFuture();
        requests(1);
        timer.advanceTimeBy(Duration.ofMillis(300));
        requests(1);
        timer.advanceTimeBy(Duration.ofMillis(299));
        assertThat(results).isNotDone();
        timer.advanceTimeBy(Duration.ofMillis(1));

        assertThat(results).isDone();
        assertThat(results.get()).allSatisfy(result -> {
            assertThat(((CallOutcome.TimedOut) result).passed().layer()).isEqualTo(Layer.SERVICE);
            assertThat(result.trace().elapsedNanos()).isEqualTo(300_000_000);
        });
    }

    @Test
    void aDeadlineIsNoFailureOfWait() throws Exception {
        BatchRun run = admit(Batch.of(new Strategy.Wait(ReturnWhen.ALL_COMPLETED, false))
                .concurrency(2)
                .call(to("/silent"))
                .call(to("/silent").budget(Duration.ofMillis(50), Layer.REQUEST))
                .call(to("/ok")));
        var results = run.document().toFuture();
        requests(2);
        timer.advanceTimeBy(Duration.ofMillis(50));
        await().atMost(BOUND).until(() -> server.received() == 3);
        timer.advanceTimeBy(Duration.ofMillis(950));

        assertThat(results).isDone();
        List<CallOutcome> outcomes = Objects.requireNonNull(results.get());
        assertThat(outcomes.get(0))
                .isInstanceOfSatisfying(
                        CallOutcome.Cancelled.class,
                        cancelled -> assertThat(cancelled.reason()).isEqualTo(CancelReason.DEADLINE));
        assertThat(outcomes.get(1)).isInstanceOf(CallOutcome.TimedOut.class);
        assertThat(run.summary().verdict().outcome()).isEqualTo(BatchOutcome.PARTIAL);
        assertThat(run.summary().verdict().pending()).contains("c0").doesNotContain("c1");
    }

    @Test
    void theLosersOfARaceAreAborted() throws Exception {
        BatchRun run = admit(Batch.of(new Strategy.FirstCompleted())
                .concurrency(3)
                .calls(2, server.url("/silent"))
                .call(to("/ok"))
                .calls(2, server.url("/silent")));
        List<CallOutcome> results = Objects.requireNonNull(run.document().block(BOUND));

        assertThat(results).filteredOn(CallOutcome.Succeeded.class::isInstance).hasSize(1);
        assertThat(results)
                .filteredOn(CallOutcome.Cancelled.class::isInstance)
                .hasSize(4)
                .allSatisfy(result ->
                        assertThat(((CallOutcome.Cancelled) result).reason()).isEqualTo(CancelReason.WINNER_FOUND));
        assertThat(results.get(4).trace().sent()).isFalse();
        assertThat(run.summary().verdict().winner()).isEqualTo("c2");
        assertAllAborted();
    }

    /// Although there is a connection for it, and a place for one more call.
    @Test
    void noCallIsSentAfterTheFailureThatEndsTheBatch() {
        admit(Batch.of(Batch.GATHER).concurrency(2).calls(2, server.url("/ok")))
                .document()
                .block(BOUND);
        for (int i = 0; i < 50; i++) {
            BatchRun run = admit(Batch.of(new Strategy.Gather(OnFailure.FAIL, null))
                    .concurrency(1)
                    .call(to("/broken"))
                    .call(to("/ok")));

            List<CallOutcome> results = Objects.requireNonNull(run.document().block(BOUND));

            assertThat(results.getLast()).isInstanceOf(CallOutcome.Cancelled.class);
            assertThat(results.getLast().trace().sent()).isFalse();
        }
    }

    @Test
    void aFailureThatEndsTheBatchAbortsTheSiblings() throws Exception {
        BatchRun run = admit(Batch.of(new Strategy.Gather(OnFailure.FAIL, null))
                .concurrency(2)
                .call(to("/silent"))
                .call(to("/broken"))
                .call(to("/ok")));
        List<CallOutcome> results = Objects.requireNonNull(run.document().block(BOUND));

        assertThat(results)
                .hasExactlyElementsOfTypes(
                        CallOutcome.Cancelled.class, CallOutcome.Failed.class, CallOutcome.Cancelled.class);
        assertThat(run.summary().verdict().outcome()).isEqualTo(BatchOutcome.FAILED);
        assertAllAborted();
    }

    @Test
    void aQuorumAbortsTheRest() throws Exception {
        BatchRun run = admit(Batch.of(new Strategy.AsCompleted(OnFailure.COLLECT, 2))
                .call(to("/silent"))
                .call(to("/ok"))
                .call(to("/ok")));
        List<CallOutcome> results = Objects.requireNonNull(run.document().block(BOUND));

        assertThat(results).filteredOn(CallOutcome.Succeeded.class::isInstance).hasSize(2);
        assertThat(results.getLast())
                .isInstanceOfSatisfying(
                        CallOutcome.Cancelled.class,
                        cancelled -> assertThat(cancelled.reason()).isEqualTo(CancelReason.QUORUM_REACHED));
        assertThat(run.summary().verdict().outcome()).isEqualTo(BatchOutcome.COMPLETE);
        assertAllAborted(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aClientThatGoesAwayAbortsEveryCall(boolean streamed) throws Exception {
        BatchRun run = admit(Batch.of(Batch.GATHER)
                .concurrency(10)
                .calls(10, server.url("/silent"))
                .calls(10, server.url("/ok")));
        Disposable client = streamed ? run.stream().subscribe() : run.document().subscribe();
        requests(10);
        client.dispose();

        assertThat(run.summary().counts()).isEqualTo(new BatchSummary.Counts(0, 0, 0, 0, 20));
        assertThat(server.received()).isEqualTo(10);
        assertAllAborted();
    }

    @Test
    void theCallsOfABatchTakeTurnsThroughItsGate() {
        for (int concurrency : List.of(1, 3, 10)) {
            BatchRun run = admit(Batch.of(Batch.GATHER).concurrency(concurrency).calls(50, server.url("/ok")));
            assertThat(run.document().block(BOUND)).hasSize(50).allMatch(CallOutcome.Succeeded.class::isInstance);
        }
        assertThat(server.accepted()).isLessThanOrEqualTo(10);
    }

    @Test
    void theCallsOfAllBatchesTakeTurnsThroughTheProcessGate() {
        var narrow = new Fanout(upstreams.pipeline(), Batch.limits(4, 1_000), Batch.EQUAL_CALLERS, timer);
        var batches = new ArrayList<CompletableFuture<@Nullable List<CallOutcome>>>();
        for (int i = 0; i < 10; i++) {
            BatchRun run = Batch.of(Batch.GATHER).calls(20, server.url("/ok")).admit(narrow, clock.nanos());
            batches.add(run.document().toFuture());
        }
        assertThat(batches)
                .allSatisfy(batch -> assertThat(batch)
                        .succeedsWithin(BOUND)
                        .satisfies(results -> assertThat(results).allMatch(CallOutcome.Succeeded.class::isInstance)));
        assertThat(server.accepted()).isLessThanOrEqualTo(4);
    }

    @Test
    void theBytesOfABatchAreBounded() {
        // Each response has two bytes, and a head that counts as 165.
        BatchRun run = admit(Batch.of(Batch.GATHER)
                .maxBytes(2 * (2 + 165) + 1)
                .concurrency(1)
                .calls(4, server.url("/ok")));
        assertThat(run.document().block(BOUND))
                .hasExactlyElementsOfTypes(
                        CallOutcome.Succeeded.class,
                        CallOutcome.Succeeded.class,
                        CallOutcome.Failed.class,
                        CallOutcome.Failed.class);
    }

    @Test
    void aBatchThatIsStartedAfterItsDeadlineSendsNothing() throws Exception {
        BatchRun run = admit(Batch.of(Batch.GATHER).calls(3, server.url("/silent")));
        timer.advanceTimeBy(Duration.ofSeconds(2));
        var results = run.document().toFuture();
        timer.advanceTimeBy(Duration.ofMillis(1));

        assertThat(results).isDone();
        assertThat(results.get()).allMatch(CallOutcome.TimedOut.class::isInstance);
    }

    @Test
    void aBatchThatWasAdmittedButNeverAskedForHoldsNothingAfterItsDeadline() {
        var one = new Fanout(upstreams.pipeline(), Batch.limits(1, 0), Batch.EQUAL_CALLERS, timer);
        for (int i = 0; i < 5; i++) {
            assertThat(Batch.of(Batch.GATHER).call(to("/ok")).admit(one, clock.nanos()))
                    .isNotNull();
        }
        var drained = one.drain(Duration.ofHours(1)).toFuture();
        assertThat(drained).isNotDone();

        timer.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(drained).isDone();
    }

    @ParameterizedTest
    @MethodSource
    void whatABatchHeldIsThereForTheNextWhenItsResultsAre(Strategy strategy) {
        var full = new Fanout(
                upstreams.pipeline(),
                Batch.limits(2, 0, DataSize.ofKilobytes(5)),
                new CallersProperties(Map.of("default", new CallerProperties(null, null, 1.0, null))),
                timer);
        Supplier<BatchRun> next =
                () -> Batch.of(strategy).calls(2, server.url("/ok")).admit(full, clock.nanos());

        var results = next.get()
                .document()
                .flatMap(_ -> next.get().document())
                .flatMap(_ -> next.get().document());

        assertThat(results.block(BOUND)).hasSize(2);
    }

    static Stream<Strategy> whatABatchHeldIsThereForTheNextWhenItsResultsAre() {
        return Stream.of(Batch.GATHER, Batch.AS_COMPLETED, new Strategy.FirstCompleted());
    }

    private CallPlans to(String path) {
        return CallPlans.to(server.url(path));
    }

    private BatchRun admit(Batch batch) {
        return batch.admit(fanout, clock.nanos());
    }

    private void requests(int number) throws InterruptedException {
        for (int i = 0; i < number; i++) {
            server.request();
        }
    }

    private void assertAllAborted() {
        assertAllAborted(1);
    }

    /// Nothing is left but idle connections, and a batch that needs every permit finds them all.
    private void assertAllAborted(int idle) {
        await().atMost(BOUND).until(() -> server.open() <= idle);
        await().atMost(BOUND)
                .ignoreExceptionsInstanceOf(OverloadedException.class)
                .untilAsserted(() -> assertThat(admit(Batch.of(Batch.GATHER).calls(PERMITS, server.url("/ok"))))
                        .isNotNull());
    }
}
