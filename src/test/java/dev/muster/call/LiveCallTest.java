package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.upstream.ByteBudget;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveCallTest {

    private static final Deadline DEADLINE = Deadline.after(0, Layer.SERVICE, Duration.ofSeconds(1));

    private final EmbeddedChannel connection = new EmbeddedChannel();
    private final List<String> ends = new ArrayList<>();
    private final LiveCall live = new LiveCall(
            DEADLINE,
            0,
            0,
            new BatchScope(DEADLINE, new ByteBudget(Long.MAX_VALUE, new MemoryOf(Long.MAX_VALUE)), null));

    @Test
    void aCallThatIsNotAnsweredTimesOutAtOnce() {
        begin().receiving();
        live.onExpiry(_ -> ends.add("timed out"));

        live.expire(DEADLINE);
        assertThat(ends).containsExactly("timed out");
    }

    @Test
    void aResponseThatWasCompleteInTimeComesBeforeTheTimeOut() {
        Attempt attempt = begin();
        attempt.receiving();
        live.onExpiry(_ -> ends.add("timed out"));
        attempt.answered(() -> {
            attempt.end();
            ends.add("answered");
        });

        live.expire(DEADLINE);
        assertThat(ends).isEmpty();
        connection.runPendingTasks();
        assertThat(ends).containsExactly("answered", "timed out");
    }

    private Attempt begin() {
        Attempt attempt = live.begin(null, () -> 0);
        attempt.sending(connection.eventLoop());
        return attempt;
    }
}
