package dev.muster.call;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.outcome.RejectionType;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/// How many connections calls need, and what happens while they wait for one.
@ExtendWith(NoLeaks.class)
class UpstreamConnectionReuseTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n"
            })
    void tenCallsAtATimeNeedTenConnections(String response) throws Exception {
        try (var server = RawServer.answering(response);
                var upstreams = Upstreams.open()) {
            CallPlan plan = CallPlans.to(server.url("/")).build();
            Long succeeded = Flux.range(0, 1_000)
                    .flatMap(_ -> upstreams.make(plan, upstreams.live(plan)), 10)
                    .filter(CallOutcome.Succeeded.class::isInstance)
                    .count()
                    .block(BOUND);

            assertThat(succeeded).isEqualTo(1_000);
            assertThat(server.accepted()).isLessThanOrEqualTo(10);
        }
    }

    @Test
    void callsOneAfterTheOtherNeedOneConnection() throws Exception {
        try (var server = RawServer.answering(RawServer.ok("ok"));
                var upstreams = Upstreams.open()) {
            CallPlan plan = CallPlans.to(server.url("/")).build();
            Flux.range(0, 300)
                    .concatMap(_ -> upstreams.make(plan, upstreams.live(plan)))
                    .then()
                    .block(BOUND);
            for (int i = 0; i < 300; i++) {
                upstreams.call(CallPlans.to(server.url("/")));
            }
            assertThat(server.received()).isEqualTo(600);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aConnectionThatTheUpstreamClosesIsNotUsedAgain() throws Exception {
        try (var server = RawServer.serving(peer -> {
                    peer.read();
                    peer.write("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
                });
                var upstreams = Upstreams.open()) {
            for (int i = 0; i < 20; i++) {
                assertThat(upstreams.call(CallPlans.to(server.url("/")))).isInstanceOf(CallOutcome.Succeeded.class);
            }
            assertThat(server.accepted()).isEqualTo(20);
        }
    }

    @Test
    void aCallThatWaitsForAConnectionIsInPhaseAcquire() throws Exception {
        var answer = new CountDownLatch(1);
        try (var server = RawServer.serving(peer -> {
                    while (peer.read() != null) {
                        peer.await(answer);
                        peer.write(RawServer.ok("ok"));
                    }
                });
                var upstreams = Upstreams.with().maxConnections(1).open()) {
            CompletableFuture<@Nullable CallOutcome> first = start(upstreams, server);
            server.request();

            CallPlan plan = CallPlans.to(server.url("/"))
                    .budget(Duration.ofSeconds(5), Layer.REQUEST)
                    .build();
            LiveCall live = upstreams.live(plan);
            var second = upstreams.make(plan, live).toFuture();
            live.expire(live.deadline());
            assertThat(second.get()).isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                assertThat(timedOut.phase()).isEqualTo(Phase.ACQUIRE);
                assertThat(timedOut.trace().sent()).isFalse();
            });

            CompletableFuture<@Nullable CallOutcome> third = start(upstreams, server);
            answer.countDown();
            assertThat(first).succeedsWithin(BOUND).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(third).succeedsWithin(BOUND).isInstanceOf(CallOutcome.Succeeded.class);
            // Not of the connections: Reactor Netty still hands one to the call that gave up waiting, and
            // closes it.
            assertThat(server.received()).isEqualTo(2);
        }
    }

    @Test
    void oneCallTooManyThatWaitsForAConnectionIsRejected() throws Exception {
        try (var server = RawServer.silent();
                var upstreams = Upstreams.with().maxConnections(1).maxPending(2).open()) {
            var running = start(upstreams, server);
            server.request();
            var waiting = List.of(start(upstreams, server), start(upstreams, server));

            assertThat(upstreams.call(CallPlans.to(server.url("/"))))
                    .isInstanceOfSatisfying(CallOutcome.Rejected.class, rejected -> {
                        assertThat(rejected.type()).isEqualTo(RejectionType.OVERLOADED);
                        assertThat(rejected.trace().sent()).isFalse();
                    });
            assertThat(running).isNotDone();
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
        }
    }

    @Test
    void thePoolsOwnTimeoutWhileWaitingIsTheServices() throws Exception {
        try (var server = RawServer.silent();
                var upstreams = Upstreams.with()
                        .maxConnections(1)
                        .timeout(Duration.ofMillis(50))
                        .open()) {
            var running = start(upstreams, server);
            server.request();
            assertThat(upstreams.call(CallPlans.to(server.url("/")).service(upstreams.service())))
                    .isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                        assertThat(timedOut.phase()).isEqualTo(Phase.ACQUIRE);
                        assertThat(timedOut.passed().layer()).isEqualTo(Layer.SERVICE);
                        assertThat(timedOut.passed().budget()).isEqualTo(Duration.ofMillis(50));
                        assertThat(timedOut.trace().sent()).isFalse();
                    });
            assertThat(running).isNotDone();
        }
    }

    @Test
    void aConnectionThatNobodyAcceptsIsInPhaseConnect() throws Exception {
        try (var full = new FullBacklog();
                var patient = Upstreams.open();
                var hasty =
                        Upstreams.with().connectTimeout(Duration.ofMillis(50)).open()) {
            CallPlan plan = CallPlans.to(full.url()).build();
            LiveCall live = patient.live(plan);
            var outcome = patient.make(plan, live).toFuture();
            await().atMost(BOUND).until(() -> live.phase() == Phase.CONNECT);
            live.expire(live.deadline());
            assertThat(outcome).isDone();
            assertThat(outcome.get()).isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                assertThat(timedOut.phase()).isEqualTo(Phase.CONNECT);
                assertThat(timedOut.trace().sent()).isFalse();
            });

            assertThat(hasty.call(CallPlans.to(full.url()).service(hasty.service())))
                    .isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                        assertThat(timedOut.phase()).isEqualTo(Phase.CONNECT);
                        assertThat(timedOut.passed().budget()).isEqualTo(Duration.ofMillis(50));
                    });
        }
    }

    @Test
    void aCancelledCallLeavesItsPlaceInThePool() throws Exception {
        try (var server = RawServer.serving(peer -> {
                    while (true) {
                        RawServer.Request request = peer.read();
                        if (request == null) {
                            return;
                        }
                        if (request.target().equals("/ok")) {
                            peer.write(RawServer.ok("ok"));
                        }
                    }
                });
                var upstreams = Upstreams.with().maxConnections(2).open()) {
            for (int i = 0; i < 50; i++) {
                CallPlan plan = CallPlans.to(server.url("/silent")).build();
                var call = upstreams.make(plan, upstreams.live(plan)).subscribe();
                if (i % 2 == 0) {
                    server.request();
                }
                call.dispose();
            }
            for (int i = 0; i < 4; i++) {
                assertThat(upstreams.call(CallPlans.to(server.url("/ok")))).isInstanceOf(CallOutcome.Succeeded.class);
            }
            await().atMost(BOUND).until(() -> server.open() <= 2);
        }
    }

    @Test
    void theClockIsOnlyReadForBudgetsAndTraces() throws Exception {
        NanoClock stopped = () -> 0;
        try (var server = RawServer.answering(RawServer.ok("ok"));
                var upstreams = Upstreams.with().clock(stopped).open()) {
            CallOutcome outcome = Objects.requireNonNull(upstreams.call(CallPlans.to(server.url("/"))));
            assertThat(outcome.trace().elapsedNanos()).isZero();
            assertThat(server.request().header("x-deadline-ms")).containsExactly("30000");
        }
    }

    private static CompletableFuture<@Nullable CallOutcome> start(Upstreams upstreams, RawServer server) {
        CallPlan plan = CallPlans.to(server.url("/")).build();
        return upstreams.make(plan, upstreams.live(plan)).toFuture();
    }

    /// A port that listens, accepts nobody and has no room left: to connect to it takes forever.
    private static final class FullBacklog implements AutoCloseable {

        private final ServerSocket server;
        private final List<Socket> queue = new ArrayList<>();

        FullBacklog() throws IOException {
            server = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
            var address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
            try {
                while (queue.size() < 10) {
                    var filler = new Socket();
                    queue.add(filler);
                    filler.connect(address, 200);
                }
                throw new AssertionError("the backlog never got full");
            } catch (SocketTimeoutException full) {
                // as it should be
            }
        }

        String url() {
            return "http://127.0.0.1:" + server.getLocalPort() + "/";
        }

        @Override
        public void close() throws IOException {
            for (Socket filler : queue) {
                filler.close();
            }
            server.close();
        }
    }
}
