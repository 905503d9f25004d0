package dev.muster.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.muster.fanout.Batch;
import dev.muster.upstream.ResponseMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.unit.DataSize;

/// When the next call of a batch without end may begin.
class LineAdmissionTest {

    private static final String ME = "me";
    private static final int LINE = 1_000;
    private static final int KB = 1_024;
    private static final int MOST_RESPONSE = 100 * KB;

    private final AtomicLong now = new AtomicLong();

    @Test
    void beforeTheFirstResponseACallIsExpectedToTakeTheMostAndThenWhatTheyTake() {
        Callers callers = callers(1 << 20, null);
        LineAdmission lines = lines(callers);
        List<ResponseMemory> begun = begin(lines, 0, 100);

        // of 1 MB, half is this caller's, and half of that is for what can wait
        assertThat(begun).hasSize(1);
        assertThat(begun.getFirst().tryTake(KB)).isTrue();
        lines.left(0);

        assertThat(begun).hasSizeBetween(45, 55);
        assertThat(callers.memory().taken())
                .isLessThanOrEqualTo(callers.memory().bytes() / 4);
        IntStream.range(1, 200).forEach(lines::left);
        lines.close();
        assertThat(callers.memory().taken()).isZero();
    }

    @Test
    void aLargeResponseIsLongRemembered() {
        Callers callers = callers(1 << 20, null);
        LineAdmission lines = lines(callers);
        begin(lines, 0, 1).getFirst().tryTake(KB);
        lines.left(0);
        begin(lines, 1, 1).getFirst().tryTake(50 * KB);
        lines.left(1);
        for (int i = 2; i < 50; i++) {
            begin(lines, i, 1).getFirst().tryTake(KB);
            lines.left(i);
        }

        begin(lines, 100, 1);
        assertThat(callers.memory().taken()).isGreaterThan(50 * KB);
    }

    @Test
    void whatWaitsLeavesRoomForWhatCannotAndGoesOnWhenThereIsSome() {
        Callers callers = callers(1 << 20, null);
        Room.Part others = callers.named("others").memory();
        long half = others.most();
        LineAdmission lines = lines(callers);
        assertThat(others.tryTake(half)).isEqualTo(Room.Taking.TAKEN);
        List<ResponseMemory> begun = begin(lines, 0, 3);
        assertThat(begun).isEmpty();

        others.giveBack(half);
        assertThat(begun).hasSize(1);
        lines.left(0);
        assertThat(begun).hasSize(3);
    }

    @Test
    void whatIsNotWantedAnyMoreTakesNothing() {
        Callers callers = callers(1 << 20, null);
        LineAdmission lines = lines(callers);
        begin(lines, 0, 2);
        var third = lines.place(2, LINE).subscribe();
        third.dispose();
        lines.left(0);
        lines.left(1);

        assertThat(callers.memory().taken()).isZero();
    }

    @Test
    void afterTheEndNothingIsHeld() {
        Callers callers = callers(1 << 20, null);
        LineAdmission lines = lines(callers);
        List<ResponseMemory> begun = begin(lines, 0, 10);
        lines.close();

        assertThat(begun).hasSize(10);
        assertThat(callers.memory().taken()).isZero();
    }

    @Test
    void aCallerWithARateTakesItCallByCall() {
        LineAdmission lines = lines(callers(1 << 20, 10));

        IntStream.range(0, 10).forEach(_ -> assertThat(lines.takeOne()).isZero());
        assertThat(Duration.ofNanos(lines.takeOne())).isEqualTo(Duration.ofMillis(100));
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(lines.takeOne()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 2", "16, 32", "64, 128"})
    void thereAreAsManyAsAQuarterOfTheMemoryHasRoomFor(int megabytes, int streams) {
        Callers callers = callers((long) megabytes << 20, null);
        List<LineAdmission> open = new ArrayList<>();
        // half of it is this caller's, and an eighth of all is left to others
        assertThatExceptionOfType(RateLimitedException.class).isThrownBy(() -> {
            while (true) {
                open.add(lines(callers));
            }
        });
        assertThat(open).hasSizeBetween(streams, 2 * streams);

        open.removeLast().close();
        assertThat(lines(callers)).isNotNull();
    }

    private static LineAdmission lines(Callers callers) {
        return new LineAdmission(callers.named(ME), callers, MOST_RESPONSE);
    }

    private static List<ResponseMemory> begin(LineAdmission lines, int first, int number) {
        List<ResponseMemory> begun = new ArrayList<>();
        for (int i = first; i < first + number; i++) {
            lines.place(i, LINE).subscribe(begun::add);
        }
        return begun;
    }

    private Callers callers(long bytes, @Nullable Integer rate) {
        var mine = new CallerProperties(rate, rate, null, null);
        return new Callers(
                new CallersProperties(Map.of(ME, mine)), Batch.limits(100, 100, DataSize.ofBytes(bytes)), now::get);
    }
}
