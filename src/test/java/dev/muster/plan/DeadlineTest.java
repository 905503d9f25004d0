package dev.muster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Only differences of nanosecond readings mean something: they may be negative, and overflow.
class DeadlineTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final long NANOS = 1_000_000_000L;

    @ParameterizedTest
    @ValueSource(longs = {0, 1, -1, -NANOS, Long.MAX_VALUE, Long.MAX_VALUE - NANOS / 2, Long.MIN_VALUE})
    void countsDownFromWheneverTheClockBegins(long now) {
        Deadline deadline = Deadline.after(now, Layer.SERVICE, SECOND);

        assertThat(deadline.layer()).isEqualTo(Layer.SERVICE);
        assertThat(deadline.budget()).isEqualTo(SECOND);
        assertThat(deadline.remainingNanos(now)).isEqualTo(NANOS);
        assertThat(deadline.remainingNanos(now + NANOS)).isZero();
        assertThat(deadline.remainingNanos(now + NANOS + 1)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -NANOS, Long.MAX_VALUE, Long.MAX_VALUE - NANOS / 2, Long.MIN_VALUE})
    void findsTheEarlierOneWheneverTheClockBegins(long now) {
        Deadline sooner = Deadline.after(now, Layer.REQUEST, SECOND.minusNanos(1));
        Deadline later = Deadline.after(now, Layer.GATEWAY, SECOND);

        assertThat(sooner.earliest(later)).isSameAs(sooner);
        assertThat(later.earliest(sooner)).isSameAs(sooner);
    }

    @Test
    void staysItselfWhenAnotherPassesAtTheSameMoment() {
        Deadline one = Deadline.after(5, Layer.GATEWAY, SECOND);
        Deadline other = Deadline.after(5, Layer.SERVICE, SECOND);

        assertThat(one.earliest(other)).isSameAs(one);
        assertThat(other.earliest(one)).isSameAs(other);
    }
}
