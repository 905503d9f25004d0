package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.RejectionType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What becomes of calls for which there is no direct memory, and of those after them.
@ExtendWith(NoLeaks.class)
class MemoryShortageTest {

    /// Less than an allocator takes at once.
    private static final int FEW_BYTES = 256;

    @ParameterizedTest
    @ValueSource(ints = {10_000, 60_000, 400_000, 4_000_000})
    void aCallForWhoseBytesThereIsNoMemoryEndsAtOnceAndThePoolServesOthers(int size) throws Exception {
        try (var server = RawServer.answering(RawServer.ok("x"));
                var upstreams = Upstreams.with().maxConnections(1).open()) {
            upstreams.call(CallPlans.to(server.url("/")));
            for (int i = 0; i < 3; i++) {
                Deque<ByteBuf> taken = takeAllMemory();
                CallOutcome starved;
                try {
                    starved = upstreams.call(
                            CallPlans.to(server.url("/")).method("POST").body(new byte[size], "text/plain"));
                } finally {
                    taken.forEach(ByteBuf::release);
                }
                assertThat(starved).isInstanceOfAny(CallOutcome.Rejected.class, CallOutcome.Failed.class);
                if (starved instanceof CallOutcome.Rejected rejected) {
                    assertThat(rejected.type()).isEqualTo(RejectionType.OVERLOADED);
                    assertThat(rejected.detail()).isEqualTo(OwnLimits.MEMORY);
                }
                if (starved instanceof CallOutcome.Failed failed) {
                    assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE);
                    assertThat(failed.detail()).isEqualTo(OwnLimits.MEMORY);
                }
                // The connection of the starved call may end under the next one.
                await().atMost(BOUND)
                        .untilAsserted(() -> assertThat(upstreams.call(CallPlans.to(server.url("/"))))
                                .isInstanceOf(CallOutcome.Succeeded.class));
            }
        }
    }

    /// Takes all of it but some bytes, and touches none.
    private static Deque<ByteBuf> takeAllMemory() {
        Deque<ByteBuf> taken = new ArrayDeque<>();
        for (int size = 1 << 30; size >= FEW_BYTES; size /= 2) {
            try {
                while (true) {
                    taken.push(UnpooledByteBufAllocator.DEFAULT.directBuffer(size));
                }
            } catch (OutOfMemoryError full) {
                // on with the next size
            }
        }
        return taken;
    }
}
