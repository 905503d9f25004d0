package dev.muster.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LatencyWindowTest {

    private final AtomicLong now = new AtomicLong();
    private final LatencyWindow window = new LatencyWindow(95, now::get);

    @Test
    void isUnknownWhileThereAreFewSamples() {
        record(19, 10);
        assertThat(window.percentileNanos()).isEqualTo(-1);
    }

    @Test
    void isThePercentileOfTheSamples() {
        for (int millis = 1; millis <= 100; millis++) {
            record(1, millis);
        }
        assertThat(window.percentileNanos()).isCloseTo(millis(95), within(millis(1)));
    }

    @Test
    void followsWhatTheServiceDoesNowAndForgetsWhatItDid() {
        record(100, 10);
        assertThat(window.percentileNanos()).isCloseTo(millis(10), within(millis(1)));

        for (int turn = 0; turn < 2; turn++) {
            now.addAndGet(TimeUnit.SECONDS.toNanos(10));
            window.percentileNanos();
            record(100, 50);
        }
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(window.percentileNanos()).isCloseTo(millis(50), within(millis(1)));

        now.addAndGet(TimeUnit.SECONDS.toNanos(10));
        window.percentileNanos();
        now.addAndGet(TimeUnit.SECONDS.toNanos(10));
        assertThat(window.percentileNanos()).isEqualTo(-1);
    }

    private void record(int times, long millis) {
        for (int i = 0; i < times; i++) {
            window.record(millis(millis));
        }
    }

    private static long millis(long millis) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
    }
}
