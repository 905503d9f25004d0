package dev.muster.fanout;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.muster.admission.OverloadedException;
import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlanner;
import dev.muster.plan.NanoClock;
import dev.muster.request.InputLine;
import dev.muster.request.LineFormat;
import dev.muster.request.LineReader;
import dev.muster.strategy.BatchOutcome;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/// Whether a batch is taken on, and how a gateway stops that has taken on some.
@ExtendWith(NoLeaks.class)
class DrainTest {

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final NanoClock clock = new TimerClock(timer);
    private final Upstreams upstreams = Upstreams.with().clock(clock).open();
    private final CountDownLatch answer = new CountDownLatch(1);
    private final RawServer server = RawServer.serving(peer -> {
        while (peer.read() != null) {
            peer.await(answer);
            peer.write(RawServer.ok("ok"));
        }
    });

    @AfterEach
    void close() throws Exception {
        answer.countDown();
        upstreams.close();
        server.close();
        timer.dispose();
    }

    @Test
    void aBatchIsRefusedWhenTooManyCallsWouldWait() throws Exception {
        Fanout fanout = fanout(4, 2);
        var running = Batch.admit(fanout, batch(4)).document().toFuture();
        var waiting = Batch.admit(fanout, batch(2)).document().toFuture();

        assertThatExceptionOfType(OverloadedException.class)
                .isThrownBy(() -> Batch.admit(fanout, batch(1)))
                .satisfies(refusal -> assertThat(refusal.retryAfter()).isPositive());

        answer.countDown();
        assertThat(running).succeedsWithin(BOUND);
        assertThat(waiting).succeedsWithin(BOUND);
        await().atMost(BOUND)
                .ignoreExceptionsInstanceOf(OverloadedException.class)
                .until(() -> Batch.admit(fanout, batch(6)) != null);
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 1_000})
    void anIdleGatewayTakesABatchOnHoweverManyCallsItRunsAtOnce(int concurrency) {
        assertThat(Batch.of(Batch.GATHER)
                        .concurrency(concurrency)
                        .calls(1_000, server.url("/"))
                        .admit(fanout(4, 0), clock.nanos()))
                .isNotNull();
    }

    @Test
    void drainingCompletesAtOnceWhenNothingRuns() {
        Fanout fanout = fanout(10, 10);
        assertThat(fanout.drain(Duration.ofHours(1)).toFuture()).isDone();
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> Batch.admit(fanout, batch(1)));
    }

    @Test
    void whileDrainingNewBatchesAreRefusedAndRunningOnesFinish() throws Exception {
        Fanout fanout = fanout(10, 10);
        var running = Batch.admit(fanout, batch(2)).document().toFuture();
        server.request();
        var drained = fanout.drain(Duration.ofSeconds(20)).toFuture();

        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> Batch.admit(fanout, batch(1)));
        assertThat(drained).isNotDone();
        answer.countDown();

        assertThat(drained).succeedsWithin(BOUND);
        assertThat(running).succeedsWithin(BOUND);
        assertThat(running.get()).allMatch(CallOutcome.Succeeded.class::isInstance);
    }

    @Test
    void ofABatchWithoutEndNoMoreLinesAreRead() throws Exception {
        Fanout fanout = fanout(10, 10);
        BatchRun run = Batch.of(Batch.AS_COMPLETED).admit(fanout, clock.nanos());
        byte[] lines = "http://a/\nhttp://b/\n".getBytes(StandardCharsets.US_ASCII);
        Flux<InputLine> forever = Flux.fromIterable(new LineReader(LineFormat.URI_LIST, Set.of()).read(lines))
                .concatWith(Flux.never());
        CallPlanner planner =
                (_, index) -> CallPlans.to(server.url("/")).index(index).build();
        var results = run.stream(forever, planner).collectList().toFuture();
        server.request();
        server.request();
        var drained = fanout.drain(Duration.ofSeconds(20)).toFuture();
        assertThat(drained).isNotDone();
        answer.countDown();

        assertThat(results).succeedsWithin(BOUND);
        assertThat(drained).succeedsWithin(BOUND);
        assertThat(results.get()).hasSize(2).allMatch(CallOutcome.Succeeded.class::isInstance);
        assertThat(run.summary().lines()).isEqualTo(2);
        assertThat(run.summary().verdict().outcome()).isEqualTo(BatchOutcome.PARTIAL);
        run.close();
        assertThat(fanout.load().bufferedBytes()).isZero();
    }

    @Test
    void aBatchThatWasTakenOnJustBeforeIsWaitedForAndAnswered() {
        Fanout fanout = fanout(10, 10);
        BatchRun admitted = Batch.admit(fanout, batch(2));
        var drained = fanout.drain(Duration.ofSeconds(20)).toFuture();
        assertThat(drained).isNotDone();

        answer.countDown();
        var answered = admitted.document().toFuture();

        assertThat(answered).succeedsWithin(BOUND);
        assertThat(drained).succeedsWithin(BOUND);
        assertThat(answered.join()).allMatch(CallOutcome.Succeeded.class::isInstance);
    }

    @Test
    void whatStillRunsAfterTheGraceIsCancelledAndAnswered() throws Exception {
        Fanout fanout = fanout(10, 10);
        BatchRun run = Batch.of(Batch.GATHER)
                .timeout(Duration.ofMinutes(1))
                .concurrency(2)
                .calls(4, server.url("/"))
                .admit(fanout, clock.nanos());
        var running = run.document().toFuture();
        server.request();
        server.request();
        var drained = fanout.drain(Duration.ofSeconds(20)).toFuture();

        timer.advanceTimeBy(Duration.ofMillis(19_999));
        assertThat(running).isNotDone();
        assertThat(drained).isNotDone();
        timer.advanceTimeBy(Duration.ofMillis(1));

        assertThat(drained).isDone();
        assertThat(running).isDone();
        List<CallOutcome> results = Objects.requireNonNull(running.get());
        assertThat(results)
                .hasSize(4)
                .allSatisfy(result ->
                        assertThat(((CallOutcome.Cancelled) result).reason()).isEqualTo(CancelReason.SHUTDOWN));
        assertThat(results).extracting(result -> result.trace().sent()).containsExactly(true, true, false, false);
    }

    @Test
    void drainingTwiceIsDrainingOnce() {
        Fanout fanout = fanout(10, 10);
        var run = Batch.admit(fanout, batch(1)).document().toFuture();
        var first = fanout.drain(Duration.ofSeconds(20)).toFuture();
        var second = fanout.drain(Duration.ofSeconds(20)).toFuture();
        answer.countDown();

        assertThat(first).succeedsWithin(BOUND);
        assertThat(second).succeedsWithin(BOUND);
        assertThat(run).succeedsWithin(BOUND);
    }

    private Fanout fanout(int maxInFlight, int maxWaiting) {
        return new Fanout(upstreams.pipeline(), Batch.limits(maxInFlight, maxWaiting), Batch.EQUAL_CALLERS, timer);
    }

    private BatchPlan batch(int calls) {
        Batch batch = Batch.of(Batch.GATHER);
        for (int i = 0; i < calls; i++) {
            batch.call(CallPlans.to(server.url("/")));
        }
        return batch.acceptedAt(clock.nanos());
    }
}
