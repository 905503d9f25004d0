package dev.muster.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchMemoryTest {

    private final Room all = new Room(1_000);
    private final Room callers = new Room(500);

    private BatchMemory holding(long bytes, long reserved) {
        assertThat(callers.tryTake(bytes)).isTrue();
        assertThat(all.tryTake(bytes)).isTrue();
        return new BatchMemory(callers, all, bytes, reserved);
    }

    @Test
    void aResponseIsCountedAsItCameAndAsItIsWritten() {
        BatchMemory memory = holding(100, 0);

        assertThat(memory.tryTake(200)).isTrue();
        assertThat(memory.tryTake(1)).isFalse();

        assertThat(callers.takenWith(0)).isEqualTo(500);
        assertThat(all.takenWith(0)).isEqualTo(500);
    }

    @Test
    void whatIsReservedIsUsedBeforeMoreIsTaken() {
        BatchMemory memory = holding(300, 200);

        assertThat(memory.tryTake(90)).isTrue();
        assertThat(all.takenWith(0)).isEqualTo(300);
        assertThat(memory.tryTake(20)).isTrue();

        assertThat(all.takenWith(0)).isEqualTo(320);
        assertThat(callers.takenWith(0)).isEqualTo(320);
    }

    @Test
    void whatDoesNotFitTakesNothing() {
        BatchMemory memory = holding(100, 20);

        assertThat(memory.tryTake(300)).isFalse();
        assertThat(memory.tryTake(210)).isTrue();

        assertThat(all.takenWith(0)).isEqualTo(500);
    }

    @Test
    void whatIsNotKeptIsThereForTheOtherResponsesOfTheBatch() {
        BatchMemory memory = holding(100, 0);
        assertThat(memory.tryTake(200)).isTrue();

        memory.giveBack(150);

        assertThat(memory.tryTake(151)).isFalse();
        assertThat(memory.tryTake(150)).isTrue();
        assertThat(all.takenWith(0)).isEqualTo(500);
    }

    @Test
    void nothingIsTakenOfTheCallersPartWhenThatOfAllIsFull() {
        BatchMemory memory = holding(100, 0);
        assertThat(all.tryTake(900)).isTrue();

        assertThat(memory.tryTake(1)).isFalse();

        assertThat(callers.takenWith(0)).isEqualTo(100);
    }

    @Test
    void allIsGivenBackOnceWhenEveryoneHasLetGo() {
        BatchMemory memory = holding(100, 0);
        memory.retain();
        assertThat(memory.tryTake(50)).isTrue();

        memory.release();
        assertThat(all.takenWith(0)).isEqualTo(200);
        memory.release();

        assertThat(all.takenWith(0)).isZero();
        assertThat(callers.takenWith(0)).isZero();
    }

    @Test
    void aResponseThatComesAfterTheEndLeavesNothingTaken() {
        BatchMemory memory = holding(100, 0);
        memory.release();

        assertThat(memory.tryTake(10)).isFalse();
        memory.retain();
        memory.release();

        assertThat(all.takenWith(0)).isZero();
        assertThat(callers.takenWith(0)).isZero();
    }
}
