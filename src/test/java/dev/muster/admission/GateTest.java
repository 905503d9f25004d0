package dev.muster.admission;

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

    private static final String ONE = "one";
    private static final String OTHER = "other";

    @Test
    void itLetsAsManyThroughAsItHasPermitsAndTheRestFirstComeFirstServed() {
        var gate = new Gate(2);
        List<Integer> through = new ArrayList<>();
        IntStream.range(0, 5).forEach(number -> gate.enter(ONE, _ -> through.add(number)));

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
        gate.enter(ONE, _ -> asked.add("first"));
        gate.enter(ONE, _ -> !asked.add("gone"));
        gate.enter(ONE, _ -> !asked.add("gone too"));
        gate.enter(ONE, _ -> asked.add("last"));

        gate.leave();

        assertThat(asked).containsExactly("first", "gone", "gone too", "last");
        assertThat(gate.available()).isZero();
        gate.leave();
        assertThat(gate.available()).isEqualTo(1);
    }

    @Test
    void aPermitThatIsNotWantedAtOnceIsThereForTheNext() {
        var gate = new Gate(1);
        gate.enter(ONE, _ -> false);
        assertThat(gate.available()).isEqualTo(1);
    }

    @Test
    void itTellsHowManyWouldHaveToWait() {
        var gate = new Gate(3);
        assertThat(gate.waitingWith(3)).isZero();
        assertThat(gate.waitingWith(5)).isEqualTo(2);
        IntStream.range(0, 4).forEach(_ -> gate.enter(ONE, _ -> true));
        assertThat(gate.waitingWith(0)).isEqualTo(1);
        assertThat(gate.waitingWith(10)).isEqualTo(11);
    }

    @Test
    void whoeverGivesUpIsNeitherCountedNorAsked() {
        var gate = new Gate(1);
        gate.enter(ONE, _ -> true);
        List<Integer> asked = new ArrayList<>();
        List<Gate.Entrant> waiting =
                IntStream.range(0, 3).mapToObj(number -> waiter(number, asked)).toList();
        waiting.forEach(waiter -> assertThat(gate.enter(ONE, waiter)).isTrue());
        assertThat(gate.waitingWith(0)).isEqualTo(3);

        gate.giveUp(ONE, waiting.get(0));
        gate.giveUp(ONE, waiting.get(1));
        gate.giveUp(ONE, waiting.get(1));

        assertThat(gate.waitingWith(0)).isEqualTo(1);
        gate.leave();
        assertThat(asked).containsExactly(2);
        gate.giveUp(ONE, waiting.get(2));
        assertThat(gate.waitingWith(0)).isZero();
        gate.leave();
        assertThat(gate.available()).isEqualTo(1);
    }

    @Test
    void callersGoByTurnsAndExpectToWaitForThatAlone() {
        var gate = new Gate(1);
        gate.enter(ONE, _ -> true);
        gate.leave(1_000);
        gate.enter(ONE, _ -> true);
        List<Integer> asked = new ArrayList<>();
        IntStream.range(0, 4).forEach(number -> gate.enter(ONE, waiter(number, asked)));
        assertThat(gate.expectedWaitNanos(OTHER)).isEqualTo(2_000);
        IntStream.range(10, 12).forEach(number -> gate.enter(OTHER, waiter(number, asked)));
        assertThat(gate.expectedWaitNanos(ONE)).isEqualTo(7_000);
        assertThat(gate.expectedWaitNanos(OTHER)).isEqualTo(6_000);
        assertThat(gate.expectedWaitNanos()).isEqualTo(7_000);

        IntStream.range(0, 6).forEach(_ -> gate.leave());

        assertThat(asked).containsExactly(0, 10, 1, 11, 2, 3);
    }

    private static Gate.Entrant waiter(int number, List<Integer> asked) {
        return _ -> asked.add(number);
    }

    @Test
    void itTellsHowLongTheNextOneWaitsByHowLongPermitsAreHeld() {
        var gate = new Gate(4);
        IntStream.range(0, 4).forEach(_ -> gate.enter(ONE, _ -> true));
        assertThat(gate.expectedWaitNanos(ONE)).as("nothing is known yet").isZero();

        gate.leave(8_000);
        assertThat(gate.expectedWaitNanos(ONE)).as("there is room").isZero();
        gate.enter(ONE, _ -> true);
        assertThat(gate.expectedWaitNanos(ONE)).isEqualTo(2_000);
        List<Integer> asked = new ArrayList<>();
        IntStream.range(0, 3).forEach(number -> gate.enter(ONE, waiter(number, asked)));
        assertThat(gate.expectedWaitNanos(ONE)).isEqualTo(8_000);
        IntStream.range(3, 503).forEach(number -> {
            gate.enter(ONE, waiter(number, asked));
            gate.leave(80_000);
        });
        assertThat(gate.expectedWaitNanos(ONE)).as("it follows what changes").isBetween(75_000L, 80_000L);
    }

    @Test
    void theStackStaysFlatWhenThoseWhoWaitedLeaveAtOnce() {
        var gate = new Gate(1);
        var through = new AtomicInteger();
        gate.enter(ONE, _ -> true);
        for (int i = 0; i < 100_000; i++) {
            gate.enter(ONE, own -> {
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
        outer.enter(ONE, _ -> true);
        for (int i = 0; i < 100_000; i++) {
            outer.enter(ONE, _ -> {
                inner.enter(ONE, _ -> {
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
        List<String> callers = List.of(ONE, OTHER, "third");
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
                        gate.enter(callers.get((i + seed) % 3), own -> {
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
