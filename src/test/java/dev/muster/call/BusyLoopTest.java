package dev.muster.call;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.resilience.Resilience;
import dev.muster.service.Protocol;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/// Deadlines that pass while Muster itself is too busy to look whether the answer is there.
@Timeout(30)
@ExtendWith(NoLeaks.class)
class BusyLoopTest {

    private static final String SERVICE = "a";
    private static final Duration LONG_ENOUGH_TO_COUNT = Duration.ofSeconds(20);

    private final AtomicLong nanos = new AtomicLong();
    private final Resilience.Registries registries = Resilience.Registries.ofDefaults();
    private final CountDownLatch answer = new CountDownLatch(1);
    private final CountDownLatch answered = new CountDownLatch(1);
    private final CountDownLatch free = new CountDownLatch(1);

    @Test
    void anAnswerThatWasThereIsNoFailureOfTheUpstream() throws Exception {
        try (var server = RawServer.serving(peer -> {
                    while (peer.read() != null) {
                        peer.await(answer);
                        peer.write(RawServer.ok("ok"));
                        answered.countDown();
                    }
                });
                var upstreams = open(server)) {
            CompletableFuture<@Nullable CallOutcome> outcome = expireWhileBusy(server, upstreams);
            free.countDown();

            assertThat(outcome).succeedsWithin(BOUND).isInstanceOf(CallOutcome.TimedOut.class);
            await().atMost(BOUND).until(() -> breaker().getMetrics().getNumberOfSuccessfulCalls() == 1);
            assertThat(breaker().getMetrics().getNumberOfFailedCalls()).isZero();
            // Nor is its connection lost.
            assertThat(upstreams.call(CallPlans.to(server.url("/")).service(upstreams.service(SERVICE))))
                    .isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void anAnswerThatWasNotThereIsOne() throws Exception {
        try (var server = RawServer.serving(peer -> {
                    peer.read();
                    peer.await(answer);
                    answered.countDown();
                    peer.hold();
                });
                var upstreams = open(server)) {
            CompletableFuture<@Nullable CallOutcome> outcome = expireWhileBusy(server, upstreams);
            free.countDown();

            assertThat(outcome).succeedsWithin(BOUND).isInstanceOf(CallOutcome.TimedOut.class);
            await().atMost(BOUND).until(() -> breaker().getMetrics().getNumberOfFailedCalls() == 1);
            await().atMost(BOUND).until(() -> server.open() == 0);
        }
    }

    private Upstreams open(RawServer server) {
        return Upstreams.with()
                .registries(registries)
                .clock(nanos::get)
                .service(SERVICE, server.uri(), Protocol.HTTP1)
                .open();
    }

    private CircuitBreaker breaker() {
        return registries.breakers().circuitBreaker(SERVICE);
    }

    /// Has the deadline of a call pass after the upstream has done what it does, with nobody there to read it.
    private CompletableFuture<@Nullable CallOutcome> expireWhileBusy(RawServer server, Upstreams upstreams)
            throws InterruptedException {
        CallPlan plan = CallPlans.to(server.url("/"))
                .service(upstreams.service(SERVICE))
                .build();
        LiveCall live = upstreams.live(plan);
        CompletableFuture<@Nullable CallOutcome> outcome =
                upstreams.make(plan, live).toFuture();
        server.request();
        upstreams.occupyLoops(free);
        answer.countDown();
        answered.await();
        nanos.set(LONG_ENOUGH_TO_COUNT.toNanos());
        live.expire(live.deadline());
        return outcome;
    }
}
