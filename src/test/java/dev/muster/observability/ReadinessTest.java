package dev.muster.observability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Status;

class ReadinessTest {

    private final AtomicBoolean room = new AtomicBoolean(true);
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1);
    private final Readiness readiness = new Readiness(room::get, now::get);

    @Test
    void isUpWhileThereIsRoom() {
        assertThat(status()).isEqualTo(Status.UP);
    }

    @Test
    void isOutOfServiceAtOnceWhenThereIsNoRoom() {
        room.set(false);

        assertThat(status()).isEqualTo(Status.OUT_OF_SERVICE);
    }

    @Test
    void isUpAgainOnlyAfterRoomAtEveryLookForAWhile() {
        room.set(false);
        status();
        room.set(true);

        assertThat(statusAfter(4)).isEqualTo(Status.OUT_OF_SERVICE);
        assertThat(statusAfter(1)).isEqualTo(Status.UP);
    }

    @Test
    void beginsToWaitAnewWhenThereIsNoRoomOnceMore() {
        room.set(false);
        status();
        room.set(true);
        assertThat(statusAfter(4)).isEqualTo(Status.OUT_OF_SERVICE);
        room.set(false);
        status();
        room.set(true);

        assertThat(statusAfter(4)).isEqualTo(Status.OUT_OF_SERVICE);
        assertThat(statusAfter(1)).isEqualTo(Status.UP);
    }

    private Status statusAfter(int seconds) {
        now.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
        return status();
    }

    private Status status() {
        return readiness.health().getStatus();
    }
}
