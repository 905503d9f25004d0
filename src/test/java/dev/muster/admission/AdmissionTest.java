package dev.muster.admission;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.fanout.Batch;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.BatchRun;
import dev.muster.fanout.Fanout;
import dev.muster.fanout.RunListener;
import dev.muster.fanout.TimerClock;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.NanoClock;
import dev.muster.request.BatchTooLargeException;
import dev.muster.service.Protocol;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.util.unit.DataSize;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.ContextView;

/// Whether there is room for a batch, and what one caller can take of it from another. Upstreams are silent unless a
/// test says otherwise, and time passes when a test says.
@ExtendWith(NoLeaks.class)
class AdmissionTest {

    private static final int IN_FLIGHT = 8;

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final NanoClock clock = new TimerClock(timer);
    private final Upstreams upstreams = Upstreams.with().clock(clock).open();
    private final RawServer server = RawServer.serving(peer -> {
        for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
            if (request.target().equals("/ok")) {
                peer.write(RawServer.ok("ok"));
            }
        }
    });

    @AfterEach
    void close() throws Exception {
        upstreams.close();
        server.close();
        timer.dispose();
    }

    // Those that outlive their request.

    @Test
    void aCallersShareHoldsForWhatItDetachedHoweverLongAgoItCalled() {
        Fanout fanout = new Fanout(
                upstreams.pipeline(),
                Batch.limits(IN_FLIGHT, IN_FLIGHT).retaining(new RetainedLimits(4, 100, 1 << 20, 1)),
                new CallersProperties(Map.of()),
                timer);
        BatchRun first = retain(fanout);
        retain(fanout);
        timer.advanceTimeBy(Duration.ofHours(1));
        System.gc();

        assertThatExceptionOfType(RateLimitedException.class)
                .isThrownBy(() -> retain(fanout))
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.DETACHED));

        first.retained().release();
        first.retained().release();
        retain(fanout);
        assertThat(fanout.retainedLoad().batches()).isEqualTo(2);
        assertThat(fanout.retainedLoad().calls()).isEqualTo(2);
    }

    @Test
    void aDetachedBatchHoldsWhatItsResultsTakeWhenItHasEnded() {
        Fanout fanout = new Fanout(
                upstreams.pipeline(),
                Batch.limits(IN_FLIGHT, IN_FLIGHT).retaining(new RetainedLimits(4, 100, 1 << 20, 1)),
                new CallersProperties(Map.of()),
                timer);
        BatchRun run = retain(fanout);
        long before = fanout.load().bufferedBytes();
        assertThat(fanout.retainedLoad().bytes()).isEqualTo(before).isPositive();

        run.retained().hasEnded(10);

        assertThat(fanout.retainedLoad().bytes())
                .isEqualTo(fanout.load().bufferedBytes())
                .isBetween(10L, before);
        run.abandon();
        assertThat(fanout.retainedLoad()).isEqualTo(new RetainedLoad(0, 0, 0, 1 << 20, 0));
    }

    @Test
    void aBatchThatIsRefusedForItsRateKeepsNoPlace() {
        Fanout fanout = new Fanout(
                upstreams.pipeline(),
                Batch.limits(IN_FLIGHT, IN_FLIGHT).retaining(new RetainedLimits(4, 100, 1 << 20, 1)),
                new CallersProperties(Map.of("alice", caller(1, 1, 1.0))),
                timer);
        retain(fanout);

        assertThatExceptionOfType(RateLimitedException.class)
                .isThrownBy(() -> retain(fanout))
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.RATE));

        assertThat(fanout.retainedLoad().batches()).isEqualTo(1);
        assertThat(fanout.retainedLoad().calls()).isEqualTo(1);
    }

    private BatchRun retain(Fanout fanout) {
        BatchPlan plan = silent("alice", 1).timeout(Duration.ofHours(2)).acceptedAt(clock.nanos());
        Upload upload = fanout.upload("alice");
        try {
            return fanout.retain(plan, upload);
        } finally {
            upload.dispose();
        }
    }

    // One caller and another.

    @Test
    void aGreedyCallersCallsWaitForItsShareWhileAnothersGoThroughAtOnce() throws Exception {
        Fanout fanout = fanout(Map.of("greedy", caller(null, null, 0.5)));
        var greedy = start(fanout, silent("greedy", 12));
        requests(4);

        var other = start(fanout, ok("other", 4));

        assertThat(other).succeedsWithin(BOUND);
        assertThat(Objects.requireNonNull(other.get())).allMatch(CallOutcome.Succeeded.class::isInstance);
        assertThat(server.received()).as("four of each").isEqualTo(8);
        assertThat(greedy).isNotDone();
    }

    @Test
    void aGreedyCallersQueueTakesNoPlaceFromAnothers() throws Exception {
        Fanout fanout = fanout(8, Map.of());
        occupy(fanout, silent("greedy", 4));
        requests(4);
        occupy(fanout, silent("greedy", 4));

        RateLimitedException refusal = refused(fanout, silent("greedy", 4));

        assertThat(refusal).hasMessage("too many calls of this caller are in flight and waiting");
        assertThat(refusal.reason()).isEqualTo(Refusal.SHARE);
        assertThat(refusal.retryAfter()).isPositive();
        assertThat(start(fanout, ok("other", 4))).succeedsWithin(BOUND);
    }

    @Test
    void aModestCallerIsTakenOnWhateverOthersHaveTakenAndGoesByTurnsWithThem() throws Exception {
        Fanout fanout = fanout(8, Map.of());
        fillSlotsAndPlaces(fanout);
        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> admit(fanout, silent("modest", 4)))
                .as("more than a fifth of 16")
                .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.SLOTS));

        var modest = start(fanout, ok("modest", 3));

        assertThat(modest).as("all slots are taken").isNotDone();
        timer.advanceTimeBy(Duration.ofMillis(600));
        assertThat(modest).succeedsWithin(BOUND);
        assertThat(Objects.requireNonNull(modest.get())).allMatch(CallOutcome.Succeeded.class::isInstance);
    }

    @Test
    void onceABatchWasRefusedThoseOfOtherCallersAreRead() throws Exception {
        Fanout fanout = fanout(8, Map.of());
        fillSlotsAndPlaces(fanout);
        StepVerifier.create(fanout.arrival("modest")).expectNextCount(1).verifyComplete();
        StepVerifier.create(fanout.arrival("c")).expectNextCount(1).verifyComplete();
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> admit(fanout, silent("c", 1)));

        StepVerifier.create(fanout.arrival("c")).verifyError(OverloadedException.class);
        StepVerifier.create(fanout.arrival("modest")).expectNextCount(1).verifyComplete();
    }

    /// Of each of four callers four calls are in flight or wait, which is all there is room for.
    private void fillSlotsAndPlaces(Fanout fanout) throws InterruptedException {
        for (String inFlight : List.of("a", "b")) {
            occupy(fanout, silent(inFlight, 4).timeout(Duration.ofMillis(600)));
            requests(4);
        }
        occupy(fanout, silent("c", 4));
        occupy(fanout, silent("d", 4));
    }

    @Test
    void aShareIsThereAgainWhenItsCallsHaveEnded() throws Exception {
        Fanout fanout = fanout(Map.of());
        occupy(fanout, silent("greedy", 12));
        requests(4);
        timer.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(start(fanout, ok("greedy", 12))).succeedsWithin(BOUND);
    }

    @Test
    void theOnlyCallerThereIsMayUseAllOfTheGateway() throws Exception {
        Fanout fanout = fanout(Map.of());
        occupy(fanout, silent("anonymous", IN_FLIGHT));
        requests(IN_FLIGHT);
    }

    // What a batch is refused for.

    @Test
    void whoeverListensHearsWhatThereWasTooLittleOf() throws Exception {
        var heard = new ArrayList<Refusal>();
        var listener = new BatchListener() {
            @Override
            public void refused(BatchRefusedException refusal, String principal) {
                heard.add(refusal.reason());
            }

            @Override
            public RunListener began(BatchPlan plan, ContextView context) {
                return RunListener.NONE;
            }
        };
        var callers = new CallersProperties(Map.of("slow", caller(1, 1, null)));
        var fanout = new Fanout(
                upstreams.pipeline(), limits(4, DataSize.ofKilobytes(100)), callers, timer, List.of(), listener);
        admit(fanout, ok("slow", 1));
        refused(fanout, ok("slow", 1));
        Upload large = fanout.upload("anonymous");
        large.take(60 << 10);
        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> fanout.upload("anonymous").take(39 << 10));
        large.dispose();
        fanout.upload("greedy").take(30 << 10);
        assertThatExceptionOfType(RateLimitedException.class)
                .isThrownBy(() -> fanout.upload("greedy").take(30 << 10));
        StepVerifier.create(fanout.drain(Duration.ZERO)).verifyComplete();
        StepVerifier.create(fanout.arrival("anonymous")).verifyError(OverloadedException.class);
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> admit(fanout, ok("anonymous", 1)));

        assertThat(heard)
                .containsExactly(Refusal.RATE, Refusal.MEMORY, Refusal.SHARE, Refusal.STOPPING, Refusal.STOPPING);
    }

    // Rates.

    @Test
    void aRateCountsCallsHoweverTheyArePutIntoBatches() {
        Fanout fanout = fanout(Map.of("default", caller(10, 20, null)));
        admit(fanout, ok("alice", 15));
        for (int i = 0; i < 5; i++) {
            admit(fanout, ok("alice", 1));
        }

        assertThat(refused(fanout, ok("alice", 1)).retryAfter()).isEqualTo(Duration.ofMillis(100));
        assertThat(refused(fanout, ok("alice", 15)).retryAfter()).isEqualTo(Duration.ofMillis(1_500));
        admit(fanout, ok("bob", 20));
    }

    @Test
    void theTimeThatARefusalNamesIsExactlyEnough() {
        Fanout fanout = fanout(Map.of("alice", caller(10, 20, null)));
        admit(fanout, ok("alice", 20));
        Duration wait = refused(fanout, ok("alice", 7)).retryAfter();

        timer.advanceTimeBy(wait.minusNanos(1));
        refused(fanout, ok("alice", 7));
        timer.advanceTimeBy(Duration.ofNanos(1));
        admit(fanout, ok("alice", 7));
    }

    @Test
    void aRefusedBatchCostsNothingOfTheRate() {
        Fanout fanout = fanout(Map.of("alice", caller(10, 20, null)));
        admit(fanout, ok("alice", 15));
        for (int i = 0; i < 10; i++) {
            refused(fanout, ok("alice", 6));
        }
        admit(fanout, ok("alice", 5));
    }

    @Test
    void aBatchThatTheRateNeverAllowsIsTooLarge() {
        Fanout fanout = fanout(Map.of("alice", caller(10, 20, null)));

        assertThatExceptionOfType(BatchTooLargeException.class)
                .isThrownBy(() -> admit(fanout, ok("alice", 21)))
                .withMessageContaining("at most 20 calls");
        admit(fanout, ok("alice", 20));
    }

    @Test
    void aCallerThatWasForgottenFindsItsRateAsItWouldBe() {
        Fanout fanout = fanout(Map.of("default", caller(1, 60, null)));
        admit(fanout, ok("alice", 60));
        timer.advanceTimeBy(Duration.ofSeconds(59));
        admit(fanout, ok("alice", 59));
        refused(fanout, ok("alice", 1));
        timer.advanceTimeBy(Duration.ofHours(1));
        admit(fanout, ok("alice", 60));
    }

    @Test
    void tenThousandsOfPrincipalsAreNotAllRemembered() {
        var limits = limits(1_000, null);
        var callers = new Callers(new CallersProperties(Map.of("default", caller(1, 1, null))), limits, clock);
        for (int i = 0; i < 50_000; i++) {
            assertThat(callers.named("invented-" + i)).isNotNull();
        }
        assertThat(callers.size()).isLessThanOrEqualTo(10_000);
        timer.advanceTimeBy(Duration.ofHours(1));
        assertThat(callers.size()).isZero();
    }

    // The queue.

    @Test
    void aBatchIsRefusedWhenItsCallsWouldWaitLongerThanTheQueueMayTake() throws Exception {
        Fanout fanout = fanout(Map.of());
        aCallTakes(fanout, 400);
        occupy(fanout, silent("anonymous", IN_FLIGHT));
        requests(IN_FLIGHT);
        admit(fanout, silent("anonymous", 1));
        occupy(fanout, silent("anonymous", 4));

        // Four wait: with 400 ms a call and 8 at a time, the next one waits for 5 × 50 ms.
        OverloadedException refusal = Objects.requireNonNull(
                catchThrowableOfType(OverloadedException.class, () -> admit(fanout, silent("anonymous", 1))));
        assertThat(refusal).hasMessage("too many calls wait for the batch to start in time");
        assertThat(refusal.reason()).isEqualTo(Refusal.QUEUE_TIME);
        assertThat(refusal.retryAfter()).isZero();
    }

    @Test
    void aBatchIsRefusedWhenItsBudgetWouldBeOverBeforeItsFirstCallStarts() throws Exception {
        Fanout fanout = fanout(Map.of());
        aCallTakes(fanout, 400);
        occupy(fanout, silent("anonymous", IN_FLIGHT));
        requests(IN_FLIGHT);
        occupy(fanout, silent("anonymous", 1));

        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> admit(fanout, ok("anonymous", 1).timeout(Duration.ofMillis(100))))
                .satisfies(refusal -> assertThat(refusal.retryAfter()).isZero());
        admit(fanout, ok("anonymous", 1).timeout(Duration.ofMillis(101)));
    }

    @Test
    void whoeverIsGoneDoesNotCountAsWaiting() throws Exception {
        Fanout fanout = fanout(4, Map.of());
        occupy(fanout, silent("anonymous", IN_FLIGHT));
        requests(IN_FLIGHT);
        var short1 = start(fanout, silent("anonymous", 4).timeout(Duration.ofMillis(10)));
        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> admit(fanout, silent("anonymous", 1)))
                .withMessage("too many calls are in flight and waiting");

        timer.advanceTimeBy(Duration.ofMillis(10));

        assertThat(short1).isDone();
        admit(fanout, silent("anonymous", 4));
    }

    // Before a batch is read.

    @Test
    void onceABatchWasRefusedOthersAreBeforeTheyAreReadUntilAQuarterOfTheRoomIsFree() throws Exception {
        Fanout fanout = fanout(8, Map.of("default", caller(null, null, 1.0)));
        occupy(fanout, silent("anonymous", IN_FLIGHT));
        requests(IN_FLIGHT);
        occupy(fanout, silent("anonymous", 5).timeout(Duration.ofMillis(500)));
        occupy(fanout, silent("anonymous", 2).timeout(Duration.ofMillis(100)));

        StepVerifier.create(fanout.arrival("anonymous")).expectNextCount(1).verifyComplete();
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> admit(fanout, silent("anonymous", 2)));

        StepVerifier.create(fanout.arrival("anonymous"))
                .expectErrorSatisfies(refusal -> assertThat(refusal)
                        .isInstanceOfSatisfying(OverloadedException.class, overloaded -> {
                            assertThat(overloaded.retryAfter()).isPositive();
                            assertThat(overloaded.reason()).isEqualTo(Refusal.SLOTS);
                        }))
                .verify();
        timer.advanceTimeBy(Duration.ofMillis(100));
        StepVerifier.create(fanout.arrival("anonymous")).expectNextCount(1).verifyComplete();
    }

    /// An event loop looks at four in a turn. Time passes before it looks at the fifth, which has waited since then.
    @Test
    void aBatchThatWaitedForHalfOfTheGatewaysTimeIsRefusedUnread() throws Exception {
        var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            var fanout = new Fanout(
                    upstreams.pipeline(), Batch.limits(8, 8), Batch.EQUAL_CALLERS, timer, group, BatchListener.NONE);
            var waited = new CompletableFuture<List<CompletableFuture<Upload>>>();
            group.execute(() -> {
                IntStream.range(0, 4).forEach(_ -> fanout.arrival("anonymous").subscribe());
                var early = fanout.arrival("anonymous").toFuture();
                timer.advanceTimeBy(Duration.ofMillis(1));
                var later = fanout.arrival("anonymous").toFuture();
                timer.advanceTimeBy(Batch.limits(8, 8).timeout().dividedBy(2));
                waited.complete(List.of(early, later));
            });

            var answers = waited.get(BOUND.toSeconds(), TimeUnit.SECONDS);
            assertThat(answers.getFirst())
                    .failsWithin(BOUND)
                    .withThrowableThat()
                    .withCauseInstanceOf(OverloadedException.class)
                    .withMessageContaining("the batch has waited for half of its time to be read");
            assertThat(answers.getLast()).succeedsWithin(BOUND);
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void aBatchThatWaitedForHalfOfItsOwnTimeIsRefusedWhenItIsRead() {
        Fanout fanout = fanout(8, Map.of());
        var plan = ok("anonymous", 1).timeout(Duration.ofMillis(100));
        var inTime = plan.acceptedAt(clock.nanos());
        timer.advanceTimeBy(Duration.ofMillis(50));
        var _ = Batch.admit(fanout, inTime);

        var tooLate = plan.acceptedAt(clock.nanos());
        timer.advanceTimeBy(Duration.ofMillis(51));

        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> Batch.admit(fanout, tooLate))
                .withMessage("the batch has waited for half of its time to be read");
    }

    @Test
    void aBatchIsRefusedBeforeItIsReadWhenMusterStops() {
        Fanout fanout = fanout(8, Map.of());
        StepVerifier.create(fanout.drain(Duration.ofSeconds(1))).verifyComplete();

        StepVerifier.create(fanout.arrival("anonymous")).verifyErrorMessage("this instance is stopping");
    }

    // Turns of an event loop.

    @Test
    void aBatchIsRefusedWhenTheCallsBeforeItWaitForLongForTheirTurn() throws Exception {
        assertThat(inTurn(20, fanout -> {
                    assertThat(fanout.hasRoom()).isFalse();
                    return refusal(fanout, Duration.ofMinutes(1));
                }))
                .hasMessage("too many calls wait for the batch to start in time");
    }

    /// 200 ms later, with a wait of some 1.4 s.
    @Test
    void inABurstABatchIsTakenOnWhenItHasTwiceAsMuchTimeAsItIsLikelyToWait() throws Exception {
        assertThat(inTurn(4, fanout -> {
                    assertThat(fanout.hasRoom()).isTrue();
                    return refusal(fanout, Duration.ofSeconds(4));
                }))
                .isNull();
        assertThat(inTurn(4, fanout -> refusal(fanout, Duration.ofSeconds(2))))
                .hasMessage("too many calls wait for the batch to start in time");
    }

    private @Nullable OverloadedException refusal(Fanout fanout, Duration budget) {
        return catchThrowableOfType(
                OverloadedException.class,
                () -> admit(fanout, ok("anonymous", 1).timeout(budget)));
    }

    /// Each turn of the loop takes 50 ms, in which it begins 32 of the first batch's 1,000 calls, nearly all of which
    /// are refused at once.
    private @Nullable OverloadedException inTurn(int number, Function<Fanout, @Nullable OverloadedException> task)
            throws Exception {
        try (var narrow = narrow(Duration.ofSeconds(30));
                var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory())) {
            var fanout = new Fanout(
                    narrow.pipeline(), Batch.limits(1_000, 0), Batch.EQUAL_CALLERS, timer, group, BatchListener.NONE);
            var result = new CompletableFuture<@Nullable OverloadedException>();
            var turns = new AtomicInteger();
            Runnable turn = () -> {
                timer.advanceTimeBy(Duration.ofMillis(50));
                if (turns.incrementAndGet() == number) {
                    try {
                        result.complete(task.apply(fanout));
                    } catch (Throwable failure) {
                        result.completeExceptionally(failure);
                    }
                }
            };
            group.submit(() -> {
                        occupy(
                                fanout,
                                to(narrow, 999)
                                        .call(CallPlans.to(server.url("/silent")))
                                        .timeout(Duration.ofMinutes(1))
                                        .concurrency(1_000));
                        var _ = group.scheduleWithFixedDelay(turn, 0, 1, TimeUnit.NANOSECONDS);
                    })
                    .get();
            return result.get(BOUND.toSeconds(), TimeUnit.SECONDS);
        }
    }

    // Memory.

    @Test
    void batchesAreRefusedWhenTheyHoldTooMuchMemory() {
        Fanout fanout = new Fanout(
                upstreams.pipeline(),
                limits(1_000, DataSize.ofKilobytes(28)),
                new CallersProperties(Map.of("default", caller(null, null, 1.0))),
                timer);
        var first = start(fanout, silent("alice", 4).documentBytes(8 << 10));

        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> admit(fanout, silent("bob", 5).documentBytes(4 << 10)))
                .withMessage("the batches taken on hold too much memory");
        assertThatExceptionOfType(BatchTooLargeException.class)
                .isThrownBy(() -> admit(fanout, silent("bob", 1).documentBytes(28 << 10)));
        admit(fanout, silent("bob", 4).documentBytes(4 << 10));

        timer.advanceTimeBy(Duration.ofSeconds(1));

        assertThat(first).isDone();
        admit(fanout, silent("bob", 9).documentBytes(10 << 10));
    }

    @Test
    void oneCallersBatchesDoNotHoldAllTheMemory() {
        Fanout fanout = new Fanout(
                upstreams.pipeline(), limits(1_000, DataSize.ofKilobytes(22)), new CallersProperties(Map.of()), timer);
        admit(fanout, silent("greedy", 1).documentBytes(9 << 10));

        assertThat(refused(fanout, silent("greedy", 1))).hasMessage("the batches of this caller hold too much memory");
        admit(fanout, silent("other", 1).documentBytes(9 << 10));
    }

    @Test
    void onceABatchWasRefusedForMemoryThoseOfCallersThatHoldLittleAreRead() {
        var callers = new CallersProperties(Map.of("greedy", caller(null, null, 0.9)));
        Fanout fanout = new Fanout(upstreams.pipeline(), limits(1_000, DataSize.ofKilobytes(100)), callers, timer);
        Upload large = fanout.upload("greedy");
        large.take(85 << 10);
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> admit(fanout, silent("greedy", 2)));

        StepVerifier.create(fanout.arrival("greedy")).verifyError(OverloadedException.class);
        StepVerifier.create(fanout.arrival("modest")).expectNextCount(1).verifyComplete();
        admit(fanout, silent("modest", 4));
        large.dispose();
        StepVerifier.create(fanout.arrival("greedy")).expectNextCount(1).verifyComplete();
    }

    @Test
    void aBatchIsRefusedWhenThereIsNoRoomForTheResponsesThatItIsLikelyToGet() throws Exception {
        try (var large = RawServer.serving(peer -> {
                    for (var request = peer.read(); request != null; request = peer.read()) {
                        peer.write(RawServer.ok("a".repeat(20_000)));
                    }
                });
                var roomy = Upstreams.with()
                        .clock(clock)
                        .service("up", URI.create(large.url("/")), Protocol.HTTP1)
                        .open()) {
            Fanout fanout =
                    new Fanout(roomy.pipeline(), limits(1_000, DataSize.ofKilobytes(100)), Batch.EQUAL_CALLERS, timer);
            Supplier<Batch> two = () -> Batch.of(Batch.GATHER)
                    .call(CallPlans.to(large.url("/")).service(roomy.service("up")))
                    .call(CallPlans.to(large.url("/")).service(roomy.service("up")));
            Upload answer = fanout.upload("anonymous");
            assertThat(fanout.admit(two.get().acceptedAt(clock.nanos()), answer)
                            .document()
                            .block(BOUND))
                    .hasSize(2);

            assertThatExceptionOfType(OverloadedException.class)
                    .isThrownBy(() -> admit(fanout, two.get()))
                    .withMessage("the batches taken on hold too much memory");

            answer.dispose();
            assertThat(start(fanout, two.get())).succeedsWithin(BOUND);
        }
    }

    // Connections.

    @Test
    void aBatchIsRefusedWhenNoneOfItsServicesHasRoomForItsCalls() throws Exception {
        try (var narrow = narrow(Duration.ofSeconds(30))) {
            Fanout fanout = fanout(narrow);
            occupy(fanout, to(narrow, 3));
            requests(1);

            assertThatExceptionOfType(OverloadedException.class)
                    .isThrownBy(() -> admit(fanout, to(narrow, 2)))
                    .withMessage("too many calls wait for a connection to the batch's services")
                    .satisfies(refusal -> assertThat(refusal.retryAfter()).isPositive())
                    .satisfies(refusal -> assertThat(refusal.reason()).isEqualTo(Refusal.CONNECTIONS));
            admit(fanout, to(narrow, 1));
            admit(fanout, to(narrow, 2).call(CallPlans.to(server.url("/ok"))));
        }
    }

    @Test
    void aBatchIsRefusedWhenItsServicesConnectionsAreNotLikelyToBeFreeInTime() throws Exception {
        try (var narrow = narrow(Duration.ofSeconds(1))) {
            Fanout fanout = fanout(narrow);
            var slow = start(fanout, to(narrow, 1).timeout(Duration.ofMillis(400)));
            requests(1);
            timer.advanceTimeBy(Duration.ofMillis(400));
            assertThat(slow).succeedsWithin(BOUND);
            occupy(fanout, to(narrow, 1));
            requests(1);

            occupy(fanout, to(narrow, 1));

            assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> admit(fanout, to(narrow, 1)));
        }
    }

    @Test
    void aBatchThatNeverFitsIsNotToldToComeAgainWhenItsServicesAreFull() throws Exception {
        try (var narrow = narrow(Duration.ofSeconds(30))) {
            Fanout fanout =
                    new Fanout(narrow.pipeline(), limits(1_000, DataSize.ofKilobytes(20)), Batch.EQUAL_CALLERS, timer);
            occupy(fanout, to(narrow, 3));
            requests(1);

            assertThatExceptionOfType(BatchTooLargeException.class)
                    .isThrownBy(() -> admit(fanout, to(narrow, 2).documentBytes(20 << 10)));
        }
    }

    /// With a service `up` that has one connection and three places to wait for it.
    private Upstreams narrow(Duration timeout) {
        return Upstreams.with()
                .clock(clock)
                .timeout(timeout)
                .maxConnections(1)
                .maxPending(3)
                .service("up", URI.create(server.url("/")), Protocol.HTTP1)
                .open();
    }

    private Batch to(Upstreams narrow, int calls) {
        Batch batch = Batch.of(Batch.GATHER);
        for (int i = 0; i < calls; i++) {
            batch.call(CallPlans.to(server.url("/silent")).service(narrow.service("up")));
        }
        return batch;
    }

    private Fanout fanout(Upstreams narrow) {
        return new Fanout(narrow.pipeline(), limits(1_000, null), Batch.EQUAL_CALLERS, timer);
    }

    /// Lets calls take so many milliseconds often enough for the gates to know.
    private void aCallTakes(Fanout fanout, int millis) throws Exception {
        var calls = start(fanout, silent("anonymous", IN_FLIGHT).timeout(Duration.ofMillis(millis)));
        requests(IN_FLIGHT);
        timer.advanceTimeBy(Duration.ofMillis(millis));
        assertThat(calls).isDone();
    }

    private Fanout fanout(Map<String, CallerProperties> callers) {
        return fanout(1_000, callers);
    }

    private Fanout fanout(int maxWaiting, Map<String, CallerProperties> callers) {
        return new Fanout(upstreams.pipeline(), limits(maxWaiting, null), new CallersProperties(callers), timer);
    }

    private static AdmissionLimits limits(int maxWaiting, @Nullable DataSize maxBuffered) {
        return Batch.limits(IN_FLIGHT, maxWaiting, maxBuffered);
    }

    private static CallerProperties caller(@Nullable Integer rate, @Nullable Integer burst, @Nullable Double share) {
        return new CallerProperties(rate, burst, share, null);
    }

    private Batch silent(String principal, int calls) {
        return batch(principal, calls, "/silent");
    }

    private Batch ok(String principal, int calls) {
        return batch(principal, calls, "/ok");
    }

    private Batch batch(String principal, int calls, String path) {
        Batch batch = Batch.of(Batch.GATHER).principal(principal);
        for (int i = 0; i < calls; i++) {
            batch.call(CallPlans.to(server.url(path)));
        }
        return batch;
    }

    private BatchRun admit(Fanout fanout, Batch batch) {
        return batch.admit(fanout, clock.nanos());
    }

    private void occupy(Fanout fanout, Batch batch) {
        assertThat(start(fanout, batch)).isNotDone();
    }

    private CompletableFuture<@Nullable List<CallOutcome>> start(Fanout fanout, Batch batch) {
        return admit(fanout, batch).document().toFuture();
    }

    private RateLimitedException refused(Fanout fanout, Batch batch) {
        return Objects.requireNonNull(
                catchThrowableOfType(RateLimitedException.class, () -> admit(fanout, batch)), "was not refused");
    }

    private void requests(int number) throws InterruptedException {
        for (int i = 0; i < number; i++) {
            server.request();
        }
    }
}
