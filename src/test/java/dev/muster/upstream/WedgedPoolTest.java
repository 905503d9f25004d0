package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.muster.call.CallPlans;
import dev.muster.call.LiveCall;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.outcome.RejectionType;
import dev.muster.plan.CallPlan;
import dev.muster.service.Protocol;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import reactor.netty.DisposableServer;

/// What becomes of calls when an error has left the loop of their pool, as it opened a connection: the pool takes the
/// loop for still running then, and serves nobody.
@ExtendWith(NoLeaks.class)
class WedgedPoolTest {

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        log().addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        log().detachAppender(lines);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "H2C"})
    void aPoolThatHandsOutNothingWhileItHasRoomIsReplaced(Protocol protocol) {
        var shortage = new AtomicBoolean(true);
        DisposableServer server = HostPoolsTest.server();
        try (var upstreams = Upstreams.with()
                .protocol(protocol)
                .maxConnections(1)
                .connectTimeout(Duration.ofMillis(100))
                .onResolve(_ -> {
                    if (shortage.getAndSet(false)) {
                        throw new OutOfMemoryError("as the test has it");
                    }
                })
                .open()) {
            CallPlan plan = CallPlans.to("http://a.test:%d/".formatted(server.port()))
                    .service(upstreams.service())
                    .build();
            LiveCall starved = upstreams.live(plan);
            var first = upstreams.begin(plan, starved);
            await().atMost(BOUND).until(() -> Upstreams.phase(starved) == Phase.CONNECT);

            assertThat(upstreams.make(plan, upstreams.live(plan)).block(BOUND))
                    .isInstanceOfSatisfying(CallOutcome.Rejected.class, rejected -> {
                        assertThat(rejected.type()).isEqualTo(RejectionType.OVERLOADED);
                        assertThat(rejected.trace().sent()).isFalse();
                    });
            first.cancel(true);
            for (int i = 0; i < 3; i++) {
                assertThat(upstreams.make(plan, upstreams.live(plan)).block(BOUND))
                        .isInstanceOf(CallOutcome.Succeeded.class);
            }
            assertThat(upstreams.poolsReplaced()).isEqualTo(1);
            assertThat(lines.list)
                    .singleElement()
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .asString()
                    .contains("Service default", "a.test:" + server.port(), "calls that waited: 1");
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aPoolWhoseCallsWaitBecauseAllItsConnectionsAreInUseIsNot() throws Exception {
        try (var server = RawServer.silent();
                var upstreams = Upstreams.with()
                        .maxConnections(1)
                        .connectTimeout(Duration.ofMillis(1))
                        .open()) {
            CallPlan plan = CallPlans.to(server.url("/")).build();
            var running = upstreams.make(plan, upstreams.live(plan)).subscribe();
            server.request();
            var waiting = upstreams.make(plan, upstreams.live(plan)).toFuture();

            await().during(Duration.ofSeconds(5))
                    .atMost(BOUND)
                    .until(() -> upstreams.usage().pending() == 1);
            assertThat(upstreams.poolsReplaced()).isZero();
            assertThat(waiting).isNotDone();
            running.dispose();
        }
    }

    private static Logger log() {
        return (Logger) LoggerFactory.getLogger(HostPools.class);
    }
}
