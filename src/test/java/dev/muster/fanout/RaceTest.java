package dev.muster.fanout;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.admission.OverloadedException;
import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Strategy;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import dev.muster.strategy.BatchSummary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// The timer, the event loops, the strategy and the client end calls at the same moment, many times over. Whoever
/// wins: every call has one outcome, every permit comes back, every connection is returned or closed.
@ExtendWith(NoLeaks.class)
class RaceTest {

    private static final int PERMITS = 50;
    private static final int WAITING = 10_000;
    private static final int CALLS = 40;
    private static final int ROUNDS = 300;

    private static final RawServer SERVER = RawServer.serving(peer -> {
        for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
            switch (request.target()) {
                case "/ok" -> peer.write(RawServer.ok("ok"));
                case "/broken" -> peer.write("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
                case "/reset" -> peer.reset();
                default -> {
                    // whoever asks waits
                }
            }
        }
    });

    private final Scheduler timer = Schedulers.newSingle("timer", true);
    private final NanoClock clock = new TimerClock(timer);
    private final Upstreams upstreams =
            Upstreams.with().clock(clock).maxConnections(PERMITS).open();
    private final Fanout fanout =
            new Fanout(upstreams.pipeline(), Batch.limits(PERMITS, WAITING), Batch.EQUAL_CALLERS, timer);

    @AfterEach
    void close() {
        upstreams.close();
        timer.dispose();
    }

    @AfterAll
    static void closeServer() throws Exception {
        SERVER.close();
    }

    static List<Strategy> strategies() {
        return List.of(
                Batch.GATHER,
                Batch.AS_COMPLETED,
                new Strategy.Gather(OnFailure.FAIL, null),
                new Strategy.AsCompleted(OnFailure.COLLECT, 3),
                new Strategy.FirstCompleted(),
                new Strategy.Wait(ReturnWhen.ALL_COMPLETED, false),
                new Strategy.Wait(ReturnWhen.FIRST_EXCEPTION, false));
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void everyCallHasOneOutcomeWhenDeadlinesRaceWithAnswers(Strategy strategy) {
        for (int round = 0; round < ROUNDS; round++) {
            BatchRun run = admit(strategy, round);
            List<Integer> indexes = (round % 2 == 0 ? run.stream().collectList() : run.document())
                    .blockOptional(BOUND).orElseThrow().stream()
                            .map(outcome -> outcome.call().index())
                            .toList();

            assertThat(indexes).hasSize(CALLS).doesNotHaveDuplicates();
            assertThat(total(run.summary().counts())).isEqualTo(CALLS);
        }
        assertNothingIsHeld();
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void aLoserIsNeverTakenForOneWhoseClientWentAway(Strategy strategy) {
        for (int round = 0; round < ROUNDS; round++) {
            BatchRun run = admit(strategy, round);
            List<CallOutcome> results = run.document().blockOptional(BOUND).orElseThrow();
            assertThat(results)
                    .filteredOn(CallOutcome.Cancelled.class::isInstance)
                    .extracting(result -> ((CallOutcome.Cancelled) result).reason())
                    .doesNotContain(CancelReason.CLIENT_CANCELLED, CancelReason.SHUTDOWN);
        }
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void nothingIsHeldWhenClientsGoAwayAtAnyMoment(Strategy strategy) throws Exception {
        List<BatchRun> runs = new ArrayList<>();
        try (var clients = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < ROUNDS; round++) {
                BatchRun run = admit(strategy, round);
                runs.add(run);
                boolean streamed = round % 2 == 0;
                clients.execute(() -> {
                    Disposable client =
                            streamed ? run.stream().subscribe() : run.document().subscribe();
                    for (int spin = ThreadLocalRandom.current().nextInt(20_000); spin > 0; spin--) {
                        Thread.onSpinWait();
                    }
                    client.dispose();
                });
            }
        }
        assertNothingIsHeld();
        assertThat(runs)
                .allSatisfy(run -> assertThat(total(run.summary().counts())).isEqualTo(CALLS));
    }

    @Test
    void everyBatchIsAnsweredWhenTheGatewayStopsAtAnyMoment() {
        for (int round = 0; round < 50; round++) {
            var stopping = new Fanout(upstreams.pipeline(), Batch.limits(PERMITS, 10_000), Batch.EQUAL_CALLERS, timer);
            var answers = new ArrayList<CompletableFuture<?>>();
            for (int i = 0; i < 5; i++) {
                try {
                    answers.add(Batch.admit(stopping, batch(Batch.GATHER, round))
                            .document()
                            .toFuture());
                } catch (OverloadedException noRoomInTime) {
                    assertThat(answers).isNotEmpty();
                }
            }
            assertThat(stopping.drain(Duration.ofNanos(round * 100_000L)).toFuture())
                    .succeedsWithin(BOUND);
            assertThat(answers).allSatisfy(answer -> assertThat(answer).succeedsWithin(BOUND));
        }
    }

    /// Has a batch taken on as soon as there is room for it in time.
    private BatchRun admit(Strategy strategy, int round) {
        return await().atMost(BOUND)
                .pollInterval(Duration.ofMillis(1))
                .ignoreExceptionsInstanceOf(OverloadedException.class)
                .until(() -> Batch.admit(fanout, batch(strategy, round)), Objects::nonNull);
    }

    /// Ends between at once and 3 ms, while some calls have been answered and others not.
    private BatchPlan batch(Strategy strategy, int round) {
        Batch batch = Batch.of(strategy)
                .timeout(Duration.ofNanos(1 + (round % 30) * 100_000L))
                .concurrency(1 + round % CALLS);
        for (int i = 0; i < CALLS; i++) {
            String path = switch ((i + round) % 10) {
                case 0 -> "/silent";
                case 1 -> "/broken";
                case 2 -> "/reset";
                default -> "/ok";
            };
            batch.call(CallPlans.to(SERVER.url(path)));
        }
        return batch.acceptedAt(clock.nanos());
    }

    private void assertNothingIsHeld() {
        await().atMost(BOUND)
                .ignoreExceptionsInstanceOf(OverloadedException.class)
                .until(() -> Batch.admit(fanout, everyPermit()) != null);
        await().atMost(BOUND).until(this::aCallFindsAConnectionForEveryPermit);
        upstreams.closeConnections();
        await().atMost(BOUND).until(() -> SERVER.open() == 0);
    }

    private boolean aCallFindsAConnectionForEveryPermit() {
        return Batch.of(Batch.GATHER)
                .concurrency(PERMITS)
                .calls(PERMITS, SERVER.url("/ok"))
                .admit(fanout, clock.nanos())
                .document()
                .blockOptional(BOUND)
                .orElseThrow()
                .stream()
                .allMatch(CallOutcome.Succeeded.class::isInstance);
    }

    /// A batch so large that it is admitted only when every permit is free and nobody waits.
    private BatchPlan everyPermit() {
        return Batch.of(Batch.GATHER)
                .concurrency(PERMITS + WAITING)
                .calls(PERMITS + WAITING, SERVER.url("/ok"))
                .acceptedAt(clock.nanos());
    }

    private static int total(BatchSummary.Counts counts) {
        return counts.succeeded() + counts.failed() + counts.timedOut() + counts.rejected() + counts.cancelled();
    }
}
