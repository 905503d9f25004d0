package dev.muster.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What callers leave to each other of a memory of 8,400 bytes.
class RoomTest {

    private static final int BYTES = 8_400;

    private final AtomicInteger callers = new AtomicInteger();
    private final Room room = new Room(BYTES, callers::get);

    @ParameterizedTest
    @CsvSource({"1, 7350", "2, 4200", "3, 5600", "7, 7200", "8, 7350", "100, 7350"})
    void whoeverHoldsMoreThanAnEqualPartLeavesOneOrAnEighth(int sharing, int most) {
        callers.set(sharing);

        fill(room.part(BYTES, false));

        assertThat(room.taken()).isEqualTo(most);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 7, 8, 50})
    void whoeverHoldsNoMoreThanAnEqualPartIsNotRefusedForWhatAnotherHolds(int sharing) {
        callers.set(sharing);
        fill(room.part(BYTES, false));
        Room.Part modest = room.part(BYTES / 2, false);

        assertThat(modest.isModestWith(BYTES / sharing)).isTrue();
        assertThat(modest.tryTake(BYTES / sharing)).isEqualTo(Room.Taking.TAKEN);
        assertThat(modest.isModestWith(1)).isFalse();
        assertThat(modest.tryTake(1)).isNotEqualTo(Room.Taking.TAKEN);
    }

    @Test
    void nothingIsKeptFromOneThatMayHaveAllOfIt() {
        callers.set(2);
        Room.Part all = room.part(BYTES, true);

        fill(all);

        assertThat(room.taken()).isEqualTo(BYTES);
        assertThat(all.isModestWith(0)).isFalse();
    }

    private static void fill(Room.Part part) {
        while (part.tryTake(1) == Room.Taking.TAKEN) {}
    }
}
