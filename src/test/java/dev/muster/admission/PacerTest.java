package dev.muster.admission;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What an event loop begins in one turn. The loop is a real one; time passes when a test says.
class PacerTest {

    private static final int PER_TURN = 32;
    private static final String ONE = "one";
    private static final String OTHER = "other";

    private final EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    private final AtomicLong nanos = new AtomicLong();
    private final Pacer pacer = new Pacer(group, nanos::get);
    /// The turns of the loop since the first was asked for.
    private final AtomicInteger turns = new AtomicInteger();

    private final List<Integer> begun = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void close() {
        group.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void beginsAtOnceWhatOneTurnHasRoomFor() throws Exception {
        onLoop(() -> {
            enter(PER_TURN);
            assertThat(begun).hasSize(PER_TURN);
            return null;
        });
    }

    @Test
    void leavesTheRestToLaterTurnsInOrder() throws Exception {
        List<Integer> turnOf = Collections.synchronizedList(new ArrayList<>());
        var all = new CompletableFuture<Void>();
        onLoop(() -> {
            countTurns();
            for (int i = 0; i < 100; i++) {
                int number = i;
                pacer.here().calls().enter(ONE, () -> {
                    begun.add(number);
                    turnOf.add(turns.get());
                    return begun.size() < 100 || all.complete(null);
                });
            }
            return null;
        });

        assertThat(all).succeedsWithin(BOUND);
        assertThat(begun)
                .containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
        assertThat(IntStream.rangeClosed(0, turnOf.getLast()).map(turn -> Collections.frequency(turnOf, turn)))
                .allMatch(inOne -> inOne <= PER_TURN);
    }

    /// A turn has room for 2 ms, and for one however long it takes. The others begin in later turns.
    @ParameterizedTest
    @CsvSource({"PT0.0001S, 20", "PT0.001S, 2", "PT1H, 1"})
    void beginsFewerInATurnTheLongerEachTakes(Duration took, int inOne) throws Exception {
        var all = new CompletableFuture<Void>();
        onLoop(() -> {
            for (int i = 0; i < PER_TURN; i++) {
                pacer.here().calls().enter(ONE, () -> {
                    nanos.addAndGet(took.toNanos());
                    return begun.add(0) && (begun.size() < PER_TURN || all.complete(null));
                });
            }
            assertThat(begun).hasSize(inOne);
            return null;
        });
        assertThat(all).succeedsWithin(BOUND);
    }

    @Test
    void newBatchesTakeNoRoomOfCalls() throws Exception {
        onLoop(() -> {
            for (int i = 0; i < PER_TURN; i++) {
                pacer.here().batches().enter(ONE, () -> true);
            }
            enter(PER_TURN);
            assertThat(begun).hasSize(PER_TURN);
            return null;
        });
    }

    @Test
    void whatIsNoLongerWantedTakesNoRoom() throws Exception {
        onLoop(() -> {
            for (int i = 0; i < PER_TURN; i++) {
                pacer.here().calls().enter(ONE, () -> false);
            }
            enter(PER_TURN);
            assertThat(begun).hasSize(PER_TURN);
            return null;
        });
    }

    /// A flood of what is refused must not keep the loop from what was taken on.
    @Test
    void evenWhatTakesNoRoomIsNotLookedAtWithoutEnd() throws Exception {
        var seen = new AtomicInteger();
        onLoop(() -> {
            for (int i = 0; i < 1_000; i++) {
                pacer.here().calls().enter(ONE, () -> seen.incrementAndGet() < 0);
            }
            assertThat(seen).hasValue(8 * PER_TURN);
            return null;
        });
    }

    @Test
    void whatComesFromAnotherThreadBeginsOnTheLoop() throws Exception {
        Pacer.Line calls = onLoop(() -> pacer.here().calls());
        var thread = new CompletableFuture<Boolean>();

        calls.enter(ONE, () -> thread.complete(loop.inEventLoop()));

        assertThat(thread).succeedsWithin(BOUND).isEqualTo(true);
    }

    @Test
    void whatGoesEverywhereBeginsOnEachLoopInTurn() {
        var loops = new MultiThreadIoEventLoopGroup(3, NioIoHandler.newFactory());
        try {
            Map<Thread, Integer> begunOn = new ConcurrentHashMap<>();
            var left = new CountDownLatch(300);
            Pacer.Line everywhere = new Pacer(loops, nanos::get).everywhere();
            for (int i = 0; i < 300; i++) {
                everywhere.enter(ONE, () -> {
                    begunOn.merge(Thread.currentThread(), 1, Integer::sum);
                    left.countDown();
                    return true;
                });
            }

            await().atMost(BOUND).until(() -> left.getCount() == 0);
            assertThat(begunOn).hasSize(3);
            assertThat(begunOn.values()).containsOnly(100);
        } finally {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void nothingWaitsOnAThreadThatIsNoLoop() {
        enter(1_000);

        assertThat(begun).hasSize(1_000);
        assertThat(pacer.here().calls().waitNanos(ONE)).isZero();
    }

    /// 1 ms a call, 500 of which wait.
    @Test
    void expectsTheWaitOfAllThatWait() throws Exception {
        assertThat(expectedHalfWay(_ -> Duration.ofMillis(1)))
                .isBetween(Duration.ofMillis(450), Duration.ofMillis(550));
    }

    /// 50 µs a call, but for one that takes a second.
    @Test
    void doesNotTakeAPauseForTooMuchToDo() throws Exception {
        assertThat(expectedHalfWay(call -> call == 450 ? Duration.ofSeconds(1) : Duration.ofNanos(50_000)))
                .isBetween(Duration.ofMillis(25), Duration.ofMillis(30));
    }

    /// 50 µs a call, after 1,000 of 10 ms. It is told a quarter of a second later, with 5,000 waiting.
    @Test
    void soonForgetsThatTheLoopWasSlow() throws Exception {
        expectedHalfWay(_ -> Duration.ofMillis(10));
        begun.clear();

        assertThat(expectedHalfWay(10_000, _ -> Duration.ofNanos(50_000)))
                .isBetween(Duration.ofMillis(250), Duration.ofMillis(500));
    }

    /// One in 256 is still wanted, and takes 300 ms.
    @Test
    void expectsAWaitAlsoWhereHardlyOneBeginsInATurn() throws Exception {
        var seen = new AtomicInteger();
        var expected = new CompletableFuture<Long>();
        onLoop(() -> {
            for (int i = 0; i < 2_000; i++) {
                pacer.here().calls().enter(ONE, () -> {
                    boolean wanted = seen.incrementAndGet() % (8 * PER_TURN) == 1;
                    if (wanted) {
                        nanos.addAndGet(Duration.ofMillis(300).toNanos());
                    }
                    if (seen.get() == 4 * 8 * PER_TURN) {
                        expected.complete(pacer.here().calls().waitNanos(ONE));
                    }
                    return wanted;
                });
            }
            return null;
        });

        assertThat(expected)
                .succeedsWithin(BOUND)
                .satisfies(wait ->
                        assertThat(wait).isGreaterThan(Duration.ofSeconds(1).toNanos()));
    }

    @Test
    void doesNotTakeIdlenessForWork() throws Exception {
        expectedHalfWay(_ -> Duration.ofNanos(50_000));
        begun.clear();
        nanos.addAndGet(Duration.ofHours(1).toNanos());

        assertThat(expectedHalfWay(_ -> Duration.ofNanos(50_000)))
                .isBetween(Duration.ofMillis(25), Duration.ofMillis(30));
    }

    @Test
    void expectsNoWaitWhenNobodyWaitsAnyMore() throws Exception {
        expectedHalfWay(_ -> Duration.ofMillis(10));

        assertThat(onLoop(() -> pacer.here().calls().waitNanos(ONE))).isZero();
        assertThat(pacer.longestWaitNanos()).isZero();
    }

    /// 1 ms a call, each of which is told how long one would have to wait behind others that wait for half a second.
    @Test
    void aBurstIsOneUntilOthersHaveWaitedForLong() throws Exception {
        List<Long> standing = Collections.synchronizedList(new ArrayList<>());
        var all = new CompletableFuture<Void>();
        onLoop(() -> {
            for (int i = 0; i < 1_000; i++) {
                pacer.here().calls().enter(ONE, () -> {
                    nanos.addAndGet(Duration.ofMillis(1).toNanos());
                    standing.add(pacer.here()
                            .calls()
                            .standingWaitNanos(ONE, Duration.ofMillis(500).toNanos()));
                    return standing.size() < 1_000 || all.complete(null);
                });
            }
            return null;
        });

        assertThat(all).succeedsWithin(BOUND);
        assertThat(standing.subList(0, 490)).containsOnly(0L);
        assertThat(standing.subList(510, 900)).doesNotContain(0L);
    }

    /// 1 ms a call, half of the one's 1,000 are left when the other comes.
    @Test
    void callersGoByTurnsAndExpectToWaitForThatAlone() throws Exception {
        var waits = new CompletableFuture<List<Duration>>();
        var places = Collections.synchronizedList(new ArrayList<Integer>());
        var all = new CompletableFuture<Void>();
        onLoop(() -> {
            for (int i = 1; i <= 1_000; i++) {
                int number = i;
                pacer.here().calls().enter(ONE, () -> {
                    nanos.addAndGet(Duration.ofMillis(1).toNanos());
                    if (number == 500) {
                        Pacer.Line calls = pacer.here().calls();
                        waits.complete(List.of(
                                Duration.ofNanos(calls.waitNanos(ONE)), Duration.ofNanos(calls.waitNanos(OTHER))));
                        IntStream.range(0, 5).forEach(_ -> calls.enter(OTHER, () -> places.add(begun.size())));
                    }
                    return begun.add(number) && (number < 1_000 || all.complete(null));
                });
            }
            return null;
        });

        assertThat(all).succeedsWithin(BOUND);
        List<Duration> told = waits.get(BOUND.toSeconds(), TimeUnit.SECONDS);
        assertThat(told.getFirst()).isBetween(Duration.ofMillis(450), Duration.ofMillis(550));
        assertThat(told.getLast()).isBetween(Duration.ofNanos(900_000), Duration.ofNanos(1_100_000));
        assertThat(places).as("how many of the one had begun").containsExactly(501, 502, 503, 504, 505);
    }

    private Duration expectedHalfWay(IntFunction<Duration> took) throws Exception {
        return expectedHalfWay(1_000, took);
    }

    /// What the one in the middle of so many calls is told that another would wait now.
    private Duration expectedHalfWay(int calls, IntFunction<Duration> took) throws Exception {
        var expected = new CompletableFuture<Duration>();
        var all = new CompletableFuture<Void>();
        BooleanSupplier call = () -> {
            begun.add(0);
            nanos.addAndGet(took.apply(begun.size()).toNanos());
            if (begun.size() == calls / 2) {
                assertThat(pacer.longestWaitNanos())
                        .isEqualTo(pacer.here().calls().waitNanos(ONE));
                expected.complete(Duration.ofNanos(pacer.here().calls().waitNanos(ONE)));
            }
            return begun.size() < calls || all.complete(null);
        };
        onLoop(() -> {
            for (int i = 0; i < calls; i++) {
                pacer.here().calls().enter(ONE, call);
            }
            return null;
        });
        all.get(BOUND.toSeconds(), TimeUnit.SECONDS);
        return expected.get(BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    private void enter(int calls) {
        for (int i = 0; i < calls; i++) {
            int number = i;
            pacer.here().calls().enter(ONE, () -> begun.add(number));
        }
    }

    private void countTurns() {
        var _ = loop.scheduleWithFixedDelay(turns::incrementAndGet, 0, 1, TimeUnit.NANOSECONDS);
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        return loop.submit(task).get(BOUND.toSeconds(), TimeUnit.SECONDS);
    }
}
