package dev.muster.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class GateTest {

    @Test
    void itLetsAsManyThroughAsItHasPermitsAndTheRestFirstComeFirstServed() {
        var gate = new Gate(2);
        List<Integer> through = new ArrayList<>();
        IntStream.range(0, 5).forEach(number -> gate.enter(_ -> through.add(number)));

        assertThat(through).containsExactly(0, 1);
        gate.leave();
        assertThat(through).containsExactly(0, 1, 2);
        gate.leave();
        gate.leave();
        assertThat(through).containsExactly(0, 1, 2, 3, 4);
        gate.leave();
        gate.leave();
        assertThat(gate.available()).isEqualTo(2);
    }

    @Test
    void whoeverWaitsTellsWhetherHeStillWantsThePermit() {
        var gate = new Gate(1);
        List<String> asked = new ArrayList<>();
        gate.enter(_ -> asked.add("first"));
        gate.enter(_ -> !asked.add("gone"));
        gate.enter(_ -> !asked.add("gone too"));
        gate.enter(_ -> asked.add("last"));

        gate.leave();

        assertThat(asked).containsExactly("first", "gone", "gone too", "last");
        assertThat(gate.available()).isZero();
        gate.leave();
        assertThat(gate.available()).isEqualTo(1);
    }

    @Test
    void aPermitThatIsNotWantedAtOnceIsThereForTheNext() {
        var gate = new Gate(1);
        gate.enter(_ -> false);
        assertThat(gate.available()).isEqualTo(1);
    }

    @Test
    void itTellsHowManyWouldHaveToWait() {
        var gate = new Gate(3);
        assertThat(gate.waitingWith(3)).isZero();
        assertThat(gate.waitingWith(5)).isEqualTo(2);
        IntStream.range(0, 4).forEach(_ -> gate.enter(_ -> true));
        assertThat(gate.waitingWith(0)).isEqualTo(1);
        assertThat(gate.waitingWith(10)).isEqualTo(11);
    }

    @Test
    void whoeverGivesItsPlaceUpIsNeitherCountedNorAsked() {
        var gate = new Gate(1);
        gate.enter(_ -> true);
        List<String> asked = new ArrayList<>();
        List<Gate.Place> places = new ArrayList<>();
        IntStream.range(0, 3).forEach(number -> gate.enter(new Waiter(number, asked, places)));
        assertThat(gate.waitingWith(0)).isEqualTo(3);

        places.get(0).giveUp();
        places.get(1).giveUp();
        places.get(1).giveUp();

        assertThat(gate.waitingWith(0)).isEqualTo(1);
        gate.leave();
        assertThat(asked).containsExactly("2");
        places.get(2).giveUp();
        assertThat(gate.waitingWith(0)).isZero();
        gate.leave();
        assertThat(gate.available()).isEqualTo(1);
    }

    private record Waiter(int number, List<String> asked, List<Gate.Place> places) implements Gate.Entrant {

        @Override
        public void waits(Gate.Place place) {
            places.add(place);
        }

        @Override
        public boolean admitted(Gate gate) {
            return asked.add(Integer.toString(number));
        }
    }

    @Test
    void itTellsHowLongTheNextOneWaitsByHowLongPermitsAreHeld() {
        var gate = new Gate(4);
        IntStream.range(0, 4).forEach(_ -> gate.enter(_ -> true));
        assertThat(gate.expectedWaitNanos()).as("nothing is known yet").isZero();

        gate.leave(8_000);
        assertThat(gate.expectedWaitNanos()).as("there is room").isZero();
        gate.enter(_ -> true);
        assertThat(gate.expectedWaitNanos()).isEqualTo(2_000);
        IntStream.range(0, 3).forEach(_ -> gate.enter(_ -> true));
        assertThat(gate.expectedWaitNanos()).isEqualTo(8_000);
        IntStream.range(0, 500).forEach(_ -> {
            gate.enter(_ -> true);
            gate.leave(80_000);
        });
        assertThat(gate.expectedWaitNanos()).as("it follows what changes").isBetween(75_000L, 80_000L);
    }

    @Test
    void theStackStaysFlatWhenThoseWhoWaitedLeaveAtOnce() {
        var gate = new Gate(1);
        var through = new AtomicInteger();
        gate.enter(_ -> true);
        for (int i = 0; i < 100_000; i++) {
            gate.enter(own -> {
                through.incrementAndGet();
                own.leave();
                return true;
            });
        }

        gate.leave();

        assertThat(through).hasValue(100_000);
        assertThat(gate.available()).isEqualTo(1);
    }

    @Test
    void theStackStaysFlatThroughTwoGates() {
        var outer = new Gate(1);
        var inner = new Gate(1);
        var through = new AtomicInteger();
        outer.enter(_ -> true);
        for (int i = 0; i < 100_000; i++) {
            outer.enter(_ -> {
                inner.enter(_ -> {
                    through.incrementAndGet();
                    inner.leave();
                    outer.leave();
                    return true;
                });
                return true;
            });
        }

        outer.leave();

        assertThat(through).hasValue(100_000);
        assertThat(inner.available()).isEqualTo(1);
        assertThat(outer.available()).isEqualTo(1);
    }

    @RepeatedTest(5)
    void noMoreThanItsPermitsAreEverInsideAndNoneIsLostUnderContention() throws Exception {
        int permits = 7;
        int threads = 16;
        int each = 5_000;
        var gate = new Gate(permits);
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var refused = new AtomicInteger();
        var done = new CountDownLatch(threads * each);
        var leaving = new ConcurrentLinkedQueue<Runnable>();

        try (var pool = Executors.newFixedThreadPool(threads)) {
            for (int thread = 0; thread < threads; thread++) {
                int seed = thread;
                pool.execute(() -> {
                    for (int i = 0; i < each; i++) {
                        int kind = (i * 31 + seed) % 4;
                        gate.enter(own -> {
                            if (kind == 0) {
                                refused.incrementAndGet();
                                done.countDown();
                                return false;
                            }
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            Runnable leave = () -> {
                                inside.decrementAndGet();
                                own.leave();
                                done.countDown();
                            };
                            if (kind == 1) {
                                leave.run();
                            } else {
                                leaving.add(leave);
                            }
                            return true;
                        });
                        Runnable leave = leaving.poll();
                        if (leave != null) {
                            leave.run();
                        }
                    }
                });
            }
            while (!done.await(1, TimeUnit.MILLISECONDS)) {
                for (Runnable leave = leaving.poll(); leave != null; leave = leaving.poll()) {
                    leave.run();
                }
            }
        }

        assertThat(most.get()).isLessThanOrEqualTo(permits);
        assertThat(inside).hasValue(0);
        assertThat(refused.get()).isPositive();
        assertThat(gate.available()).isEqualTo(permits);
        assertThat(gate.waitingWith(0)).isZero();
    }
}
