package dev.muster.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPlans;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Strategy;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/// In which order, and when, each strategy lets its client see the outcomes. Time is virtual.
class OrderTest {

    private static final Strategy GATHER = new Strategy.Gather(OnFailure.COLLECT, null);
    private static final Strategy AS_COMPLETED = new Strategy.AsCompleted(OnFailure.COLLECT, null);
    private static final Strategy FIRST_COMPLETED = new Strategy.FirstCompleted();
    private static final Strategy WAIT = new Strategy.Wait(ReturnWhen.ALL_COMPLETED, false);

    @Test
    void gatherStreamsThePrefixAsSoonAsItIsThere() {
        StepVerifier.withVirtualTime(() -> stream(GATHER, 20, 10, 30))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(20))
                .expectNext(0, 1)
                .expectNoEvent(Duration.ofMillis(10))
                .expectNext(2)
                .verifyComplete();
    }

    @Test
    void asCompletedStreamsEachResultWhenItLands() {
        StepVerifier.withVirtualTime(() -> stream(AS_COMPLETED, 20, 10, 30))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(10))
                .expectNext(1)
                .expectNoEvent(Duration.ofMillis(10))
                .expectNext(0)
                .expectNoEvent(Duration.ofMillis(10))
                .expectNext(2)
                .verifyComplete();
    }

    @Test
    void waitStreamsEachResultWhenItLands() {
        StepVerifier.withVirtualTime(() -> stream(WAIT, 20, 10))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(10))
                .expectNext(1)
                .expectNoEvent(Duration.ofMillis(10))
                .expectNext(0)
                .verifyComplete();
    }

    @Test
    void theDocumentOfGatherAndWaitIsInInputOrderAndThatOfAsCompletedInOrderOfCompletion() {
        StepVerifier.withVirtualTime(() -> document(GATHER, 20, 10, 30))
                .expectSubscription()
                .expectNoEvent(Duration.ofMillis(30))
                .expectNext(List.of(0, 1, 2))
                .verifyComplete();
        StepVerifier.withVirtualTime(() -> document(WAIT, 20, 10, 30))
                .thenAwait(Duration.ofMillis(30))
                .expectNext(List.of(0, 1, 2))
                .verifyComplete();
        StepVerifier.withVirtualTime(() -> document(AS_COMPLETED, 20, 10, 30))
                .thenAwait(Duration.ofMillis(30))
                .expectNext(List.of(1, 0, 2))
                .verifyComplete();
    }

    @Test
    void theOutcomeThatEndsABatchIsSeenBeforeThoseThatItCancels() {
        for (Strategy strategy : List.of(
                new Strategy.AsCompleted(OnFailure.FAIL, null), new Strategy.Wait(ReturnWhen.FIRST_EXCEPTION, false))) {
            var batch = new Batches(strategy, 3);
            StepVerifier.create(batch.stream().map(OrderTest::index))
                    .then(() -> batch.fail(2))
                    .expectNext(2, 0, 1)
                    .verifyComplete();
        }
        for (Strategy strategy : List.of(
                new Strategy.AsCompleted(OnFailure.COLLECT, 1), new Strategy.Wait(ReturnWhen.FIRST_COMPLETED, false))) {
            var batch = new Batches(strategy, 3);
            StepVerifier.create(batch.stream().map(OrderTest::index))
                    .then(() -> batch.succeed(1))
                    .expectNext(1, 0, 2)
                    .verifyComplete();
        }
    }

    @Test
    void firstCompletedStreamsTheWinnerAndThenTheOthersInInputOrder() {
        var batch = new Batches(FIRST_COMPLETED, 4);
        StepVerifier.create(batch.stream().map(OrderTest::index))
                .then(() -> batch.fail(0))
                .then(() -> batch.succeed(2))
                .expectNext(2, 0, 1, 3)
                .verifyComplete();
        assertThat(batch.cancelled()).containsExactly(CancelReason.WINNER_FOUND);
    }

    @Test
    void firstCompletedStreamsEverythingInInputOrderWhenNoneWins() {
        var batch = new Batches(FIRST_COMPLETED, 3);
        StepVerifier.create(batch.stream().map(OrderTest::index))
                .then(() -> batch.timeOut(2))
                .then(() -> batch.reject(0))
                .then(() -> batch.fail(1))
                .expectNext(0, 1, 2)
                .verifyComplete();
        assertThat(batch.cancelled()).isEmpty();
    }

    @Test
    void theDocumentOfFirstCompletedIsInInputOrder() {
        var batch = new Batches(FIRST_COMPLETED, 3);
        StepVerifier.create(batch.strategy()
                        .document(batch.calls())
                        .map(outcomes -> outcomes.stream().map(OrderTest::index).toList()))
                .then(() -> batch.succeed(2))
                .expectNext(List.of(0, 1, 2))
                .verifyComplete();
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void everyStrategyYieldsTheOneOutcomeOfABatchOfOne(Strategy strategy) {
        for (boolean succeeds : List.of(true, false)) {
            var batch = new Batches(strategy, 1);
            StepVerifier.create(batch.stream().map(OrderTest::index))
                    .then(succeeds ? () -> batch.succeed(0) : () -> batch.fail(0))
                    .expectNext(0)
                    .verifyComplete();
            assertThat(new Batches(strategy, 1).cancelled()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void everyStrategyStartsAThousandCallsAtOnce(Strategy strategy) {
        var streamed = new Batches(strategy, 1_000);
        var stream = streamed.stream().subscribe();
        assertThat(streamed.started()).isEqualTo(1_000);
        stream.dispose();
        assertThat(streamed.started()).isZero();

        var gathered = new Batches(strategy, 1_000);
        var document = gathered.strategy().document(gathered.calls()).subscribe();
        assertThat(gathered.started()).isEqualTo(1_000);
        document.dispose();
        assertThat(gathered.started()).isZero();
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void aSlowHeadKeepsNothingFromStartingOrEnding(Strategy strategy) {
        var batch = new Batches(strategy, 1_000);
        var seen = new AtomicInteger();
        var subscription = batch.stream().subscribe(_ -> seen.incrementAndGet());

        IntStream.range(1, 1_000).forEach(batch::fail);
        assertThat(batch.endings()).hasSize(999);
        batch.fail(0);

        assertThat(seen).hasValue(1_000);
        assertThat(subscription.isDisposed()).isTrue();
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void everyStrategyYieldsEachOfTenThousandOutcomesOnce(Strategy strategy) {
        var batch = new Batches(strategy, 10_000);
        IntStream.range(0, 10_000).forEach(batch::fail);

        StepVerifier.create(batch.stream().map(OrderTest::index).distinct().count())
                .expectNext(10_000L)
                .verifyComplete();
    }

    /// Subscribing to more than run at once is what makes a merge look through all of them for each that ends.
    @ParameterizedTest
    @MethodSource("merging")
    void aMergeIsAsWideAsTheBatchIsConcurrent(Strategy strategy) {
        var batch = new Batches(16, strategy, 1_000);
        var seen = new AtomicInteger();
        var stream = batch.stream().subscribe(_ -> seen.incrementAndGet());

        for (int i = 0; i < 1_000; i++) {
            assertThat(batch.started()).as("after %d outcomes", i).isEqualTo(Math.min(16, 1_000 - i));
            batch.succeed(i);
        }

        assertThat(seen).hasValue(1_000);
        assertThat(stream.isDisposed()).isTrue();
    }

    /// Twenty is far from what is measured where the cost is linear, and from the hundred and more of a quadratic one.
    @ParameterizedTest
    @MethodSource("strategies")
    void aCallCostsTheSameInABatchOfAHundredTimesTheSize(Strategy strategy) {
        for (int i = 0; i < 20; i++) {
            nanosPerCall(strategy, 1_000);
        }
        double small = IntStream.range(0, 20)
                .mapToDouble(_ -> nanosPerCall(strategy, 1_000))
                .average()
                .orElseThrow();

        assertThat(nanosPerCall(strategy, 100_000)).isLessThan(20 * small);
    }

    private static double nanosPerCall(Strategy strategy, int calls) {
        var batch = new Batches(256, strategy, calls);
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadCpuTime();
        var stream = batch.stream().subscribe();
        for (int i = 0; i < calls; i++) {
            batch.fail(i);
        }
        long nanos = threads.getCurrentThreadCpuTime() - before;
        assertThat(stream.isDisposed()).isTrue();
        return (double) nanos / calls;
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void nothingStartsBeforeTheResultsAreAskedFor(Strategy strategy) {
        var batch = new Batches(strategy, 3);
        Flux<CallOutcome> stream = batch.stream();

        assertThat(stream).isNotNull();
        assertThat(batch.started()).isZero();
    }

    @Test
    void aSlowReaderOfAStreamLosesNothing() {
        for (Strategy strategy : List.of(GATHER, AS_COMPLETED, FIRST_COMPLETED, WAIT)) {
            var batch = new Batches(strategy, 100);
            StepVerifier.create(batch.stream(), 1)
                    .then(() -> IntStream.range(0, 100).forEach(batch::fail))
                    .expectNextCount(1)
                    .thenRequest(49)
                    .expectNextCount(49)
                    .thenRequest(50)
                    .expectNextCount(50)
                    .verifyComplete();
        }
    }

    static Stream<Strategy> merging() {
        return Stream.of(AS_COMPLETED, WAIT);
    }

    static Stream<Strategy> strategies() {
        return Stream.of(GATHER, AS_COMPLETED, FIRST_COMPLETED, WAIT);
    }

    private static Flux<Integer> stream(Strategy strategy, int... millis) {
        return delayed(strategy, millis).stream(Flux.fromIterable(calls(millis)))
                .map(OrderTest::index);
    }

    private static Mono<List<Integer>> document(Strategy strategy, int... millis) {
        return delayed(strategy, millis)
                .document(calls(millis))
                .map(outcomes -> outcomes.stream().map(OrderTest::index).toList());
    }

    private static BatchStrategy delayed(Strategy strategy, int... millis) {
        return BatchStrategy.of(Batches.plan(strategy, plans(millis)), reason -> {
            throw new AssertionError("nothing was to be cancelled: " + reason);
        });
    }

    private static List<Mono<CallOutcome>> calls(int... millis) {
        return plans(millis).stream()
                .map(call -> Mono.delay(Duration.ofMillis(millis[call.index()])).map(_ -> Batches.succeeded(call)))
                .toList();
    }

    private static List<CallPlan> plans(int... millis) {
        return IntStream.range(0, millis.length)
                .mapToObj(index -> CallPlans.at(index).build())
                .toList();
    }

    private static int index(CallOutcome outcome) {
        return outcome.call().index();
    }
}
