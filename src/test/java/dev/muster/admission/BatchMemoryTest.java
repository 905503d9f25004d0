package dev.muster.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchMemoryTest {

    private final Room all = new Room(1_000, () -> 2);
    private final Room.Part callers = all.part(500, false);

    private BatchMemory holding(long bytes, long reserved) {
        var memory = new BatchMemory(callers);
        assertThat(memory.take(bytes)).isEqualTo(Room.Taking.TAKEN);
        memory.reserve(reserved);
        return memory;
    }

    @Test
    void aResponseIsCountedAsItCameAndAsItIsWritten() {
        BatchMemory memory = holding(100, 0);

        assertThat(memory.tryTake(200)).isTrue();
        assertThat(memory.tryTake(1)).isFalse();

        assertThat(callers.taken()).isEqualTo(500);
        assertThat(all.taken()).isEqualTo(500);
    }

    @Test
    void whatIsReservedIsUsedBeforeMoreIsTaken() {
        BatchMemory memory = holding(300, 200);

        assertThat(memory.tryTake(90)).isTrue();
        assertThat(all.taken()).isEqualTo(300);
        assertThat(memory.tryTake(20)).isTrue();

        assertThat(all.taken()).isEqualTo(320);
        assertThat(callers.taken()).isEqualTo(320);
    }

    @Test
    void whatDoesNotFitTakesNothing() {
        BatchMemory memory = holding(100, 20);

        assertThat(memory.tryTake(300)).isFalse();
        assertThat(memory.tryTake(210)).isTrue();

        assertThat(all.taken()).isEqualTo(500);
    }

    @Test
    void whatIsNotKeptIsThereForTheOtherResponsesOfTheBatch() {
        BatchMemory memory = holding(100, 0);
        assertThat(memory.tryTake(200)).isTrue();

        memory.giveBack(150);

        assertThat(memory.tryTake(151)).isFalse();
        assertThat(memory.tryTake(150)).isTrue();
        assertThat(all.taken()).isEqualTo(500);
    }

    @Test
    void nothingIsTakenOfTheCallersPartWhenThatOfAllIsFull() {
        var narrow = new Room(600, () -> 2);
        Room.Part callers = narrow.part(500, false);
        var memory = new BatchMemory(callers);
        assertThat(narrow.part(500, true).tryTake(500)).isEqualTo(Room.Taking.TAKEN);
        assertThat(memory.take(100)).isEqualTo(Room.Taking.TAKEN);

        assertThat(memory.tryTake(1)).isFalse();

        assertThat(callers.taken()).isEqualTo(100);
    }

    @Test
    void allIsGivenBackOnceWhenEveryoneHasLetGo() {
        BatchMemory memory = holding(100, 0);
        memory.retain();
        assertThat(memory.tryTake(50)).isTrue();

        memory.release();
        assertThat(all.taken()).isEqualTo(200);
        memory.release();

        assertThat(all.taken()).isZero();
        assertThat(callers.taken()).isZero();
    }

    @Test
    void aResponseThatComesAfterTheEndLeavesNothingTaken() {
        BatchMemory memory = holding(100, 0);
        memory.release();

        assertThat(memory.tryTake(10)).isFalse();
        memory.retain();
        memory.release();

        assertThat(all.taken()).isZero();
        assertThat(callers.taken()).isZero();
    }
}
