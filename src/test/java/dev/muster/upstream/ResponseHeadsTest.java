package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPlans;
import dev.muster.call.MemoryOf;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.plan.CallPlan;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Response heads and their bounds, as they come over the wire.
@ExtendWith(NoLeaks.class)
class ResponseHeadsTest {

    private static final Upstreams UPSTREAMS = Upstreams.open();

    @AfterAll
    static void close() {
        UPSTREAMS.close();
    }

    @Test
    void aHeadMayHaveSoManyLinesAndNotOneMore() throws Exception {
        assertThat(answered(lines(ResponseBytes.MOST_HEADERS - 1), Long.MAX_VALUE))
                .isInstanceOf(CallOutcome.Succeeded.class);
        assertFails(
                answered(lines(ResponseBytes.MOST_HEADERS), Long.MAX_VALUE),
                FailureType.PROTOCOL_ERROR,
                "the response has more than 200 header lines");
    }

    @Test
    void aHeadThatIsFullOfLinesFailsBeforeItIsComplete() throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\n" + lines(5_000));
            peer.hold();
        })) {
            assertFails(
                    UPSTREAMS.call(CallPlans.to(server.url("/"))),
                    FailureType.PROTOCOL_ERROR,
                    "the response has more than 200 header lines");
        }
    }

    @Test
    void trailersAreBoundedToo() throws Exception {
        try (var server = RawServer.answering(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n" + lines(5_000) + "\r\n")) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/")))).isInstanceOf(CallOutcome.Failed.class);
        }
    }

    @Test
    void aHeadCountsInTheBytesOfItsBatch() throws Exception {
        assertThat(answered("x: " + "a".repeat(10_000) + "\r\n", 12_000)).isInstanceOf(CallOutcome.Succeeded.class);
        assertFails(
                answered("x: " + "a".repeat(10_000) + "\r\n", 9_000),
                FailureType.RESPONSE_TOO_LARGE,
                "the responses of the batch together have more than 9000 bytes");
        assertFails(
                answered(lines(100), 100 * ResponseBytes.PER_HEADER),
                FailureType.RESPONSE_TOO_LARGE,
                "the responses of the batch together have more than 6400 bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20})
    void headsThatAreNotKeptAreGivenBack(int interim) throws Exception {
        String interims = ("HTTP/1.1 103 Early Hints\r\nlink: " + "a".repeat(2_000) + "\r\n\r\n").repeat(interim);
        try (var failing = RawServer.answering("HTTP/1.1 200 OK\r\nx: " + "a".repeat(8_000)
                        + "\r\ncontent-length: 9\r\ncontent-encoding: gzip\r\n\r\nno gzip..");
                var server = RawServer.answering(interims + RawServer.ok("x"))) {
            var bytes = new ByteBudget(10_000, new MemoryOf(Long.MAX_VALUE));
            for (int i = 0; i < 3; i++) {
                assertThat(call(failing, bytes)).isInstanceOf(CallOutcome.Failed.class);
                assertThat(call(server, bytes)).isInstanceOf(CallOutcome.Succeeded.class);
            }
        }
    }

    private static String lines(int number) {
        return "x:\r\n".repeat(number);
    }

    private static CallOutcome answered(String headers, long bytes) throws Exception {
        try (var server = RawServer.answering("HTTP/1.1 200 OK\r\n" + headers + "content-length: 0\r\n\r\n")) {
            return call(server, new ByteBudget(bytes, new MemoryOf(Long.MAX_VALUE)));
        }
    }

    private static CallOutcome call(RawServer server, ByteBudget bytes) {
        CallPlan plan = CallPlans.to(server.url("/")).build();
        return Objects.requireNonNull(
                UPSTREAMS.make(plan, UPSTREAMS.live(plan, bytes)).block(BOUND));
    }

    private static void assertFails(CallOutcome outcome, FailureType type, String detail) {
        assertThat(outcome).isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
            assertThat(failed.type()).isEqualTo(type);
            assertThat(failed.detail()).isEqualTo(detail);
        });
    }
}
