package dev.muster.admission;

import dev.muster.plan.NanoClock;
import dev.muster.upstream.NextTurn;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.ToLongFunction;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/// Spreads what an event loop begins over its turns. In each it looks at so many new batches and starts so many calls,
/// for 2 ms at most; the rest waits for the next turn, and so behind the responses that are there by then: callers
/// go by turns, and of each it is first come, first served.
///
/// A loop that begins all it has at once answers none of it for long: what is in flight waits for the loop instead of
/// the upstream, past its deadlines, and refusing leaves no time for what was taken on. So a fast upstream has no more
/// calls in flight than keep the loops busy, and a slow one as many as it takes to wait for it.
public final class Pacer {

    private static final int BATCHES_PER_TURN = 4;
    private static final int CALLS_PER_TURN = 32;

    /// Where each takes ten times as long as usual, in a cold JVM or one with a quarter of a CPU, a turn begins fewer.
    private static final long BEGINNING_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /// What is no longer wanted, or refused before it is read, costs less.
    private static final int SEEN_PER_BEGUN = 8;

    /// What was longer ago counts half, and half of that. A cold JVM is soon a warm one.
    private static final long REMEMBERED_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    /// Where those of one kind wait for their turn.
    public interface Line {

        /// Nothing waits there.
        Line NONE = (_, begin) -> {
            var _ = begin.getAsBoolean();
        };

        /// Begins it now if this turn has room and nobody is before it, else in a later one.
        ///
        /// @param begin tells whether it has begun: `false` from what is no longer wanted, and takes no room
        void enter(String caller, BooleanSupplier begin);

        /// How long one of `caller` that comes now is likely to wait: 0 if nobody waits.
        default long waitNanos(String caller) {
            return 0;
        }

        /// The same, but 0 in a burst: while others have not waited for `burstNanos` without a pause.
        default long standingWaitNanos(String caller, long burstNanos) {
            return 0;
        }
    }

    private final NanoClock clock;
    private final List<Loop> loops;

    /// @param loops those that clients' connections are on; whatever comes on other threads begins at once
    Pacer(Iterable<EventExecutor> loops, NanoClock clock) {
        this.clock = clock;
        this.loops =
                StreamSupport.stream(loops.spliterator(), false).map(Loop::new).toList();
    }

    /// Where what has come on one event loop waits.
    ///
    /// @param batches new batches
    /// @param calls   the calls of batches
    /// @param loop    the event loop itself
    record Lines(Line batches, Line calls, Executor loop) {

        /// On a thread that is no event loop, nothing waits.
        static final Lines NONE = new Lines(Line.NONE, Line.NONE, Runnable::run);
    }

    /// Those of the current event loop.
    Lines here() {
        Loop loop = current();
        return loop == null ? Lines.NONE : loop.lines;
    }

    /// Where calls wait that all event loops make in turn.
    Line everywhere() {
        if (loops.isEmpty()) {
            return Line.NONE;
        }
        var next = new AtomicInteger();
        return (caller, begin) -> loops.get(Math.floorMod(next.getAndIncrement(), loops.size()))
                .calls
                .enter(caller, begin);
    }

    private @Nullable Loop current() {
        for (Loop loop : loops) {
            if (loop.executor.inEventLoop()) {
                return loop;
            }
        }
        return null;
    }

    /// The longest that one is likely to wait that has its turn after all other calls of a loop.
    long longestWaitNanos() {
        return longest(LoopLine::waitNanos);
    }

    /// The longest that one of `caller` is likely to wait, leaving bursts out as [Line#standingWaitNanos] does.
    long longestStandingWaitNanos(String caller, long burstNanos) {
        return longest(calls -> calls.standingWaitNanos(caller, burstNanos));
    }

    private long longest(ToLongFunction<LoopLine> waitNanos) {
        return loops.stream()
                .mapToLong(loop -> waitNanos.applyAsLong(loop.calls))
                .max()
                .orElse(0);
    }

    private record Busy(long nanos, double begun) {

        Busy and(Busy more) {
            return new Busy(nanos + more.nanos, begun + more.begun);
        }

        Busy half() {
            return new Busy(nanos / 2, begun / 2);
        }
    }

    private final class Loop {

        private final EventExecutor executor;
        private final LoopLine batches = new LoopLine(this, BATCHES_PER_TURN);
        private final LoopLine calls = new LoopLine(this, CALLS_PER_TURN);
        private final Lines lines;
        private boolean scheduled;

        private Loop(EventExecutor executor) {
            this.executor = executor;
            this.lines = new Lines(batches, calls, executor);
        }

        private void schedule() {
            if (!scheduled) {
                scheduled = true;
                NextTurn.of(executor, this::turn);
            }
        }

        private void turn() {
            scheduled = false;
            calls.turn();
            batches.turn();
        }
    }

    private final class LoopLine implements Line {

        private final Loop loop;
        private final int perTurn;
        private final Turns<BooleanSupplier> waiting = new Turns<>(ArrayDeque::new);
        /// How long the turns took in which others waited, and how many have begun in them: the longest of them, and
        /// all others.
        private Busy longest = new Busy(0, 0);
        private Busy others = new Busy(0, 0);
        /// What has begun, and has been looked at, in this turn.
        private int begun;
        private int seen;
        /// When the first of this turn was looked at.
        private long firstNanos;
        /// When the last turn was, and whether there was more to begin than it had room for.
        private long turnedNanos;
        private boolean busy;
        /// Since when there has always been somebody who waits, and until when there was, short pauses aside.
        private volatile long waitedSinceNanos;
        private long waitedUntilNanos;
        private volatile long eachNanos;

        private LoopLine(Loop loop, int perTurn) {
            this.loop = loop;
            this.perTurn = perTurn;
            this.waitedUntilNanos = clock.nanos() - REMEMBERED_NANOS;
        }

        @Override
        public void enter(String caller, BooleanSupplier begin) {
            if (!loop.executor.inEventLoop()) {
                loop.executor.execute(() -> enter(caller, begin));
            } else if (waiting.size() == 0 && turnHasRoom()) {
                begin(begin);
            } else {
                if (waiting.size() == 0) {
                    waitBegins();
                }
                waiting.add(caller, begin);
            }
        }

        private void waitBegins() {
            long now = clock.nanos();
            if (now - waitedUntilNanos >= REMEMBERED_NANOS) {
                waitedSinceNanos = now;
            }
        }

        private long waitNanos() {
            return waiting.size() * eachNanos;
        }

        @Override
        public long waitNanos(String caller) {
            return waiting.before(caller) * eachNanos;
        }

        @Override
        public long standingWaitNanos(String caller, long burstNanos) {
            return clock.nanos() - waitedSinceNanos < burstNanos ? 0 : waitNanos(caller);
        }

        private boolean turnHasRoom() {
            boolean late = seen > 0 && clock.nanos() - firstNanos >= BEGINNING_NANOS;
            return begun < perTurn && seen < perTurn * SEEN_PER_BEGUN && !late;
        }

        private void turn() {
            long now = clock.nanos();
            if (busy) {
                learn(new Busy(now - turnedNanos, begun));
            }
            turnedNanos = now;
            begun = 0;
            seen = 0;
            while (turnHasRoom()) {
                BooleanSupplier next = waiting.next();
                if (next == null) {
                    break;
                }
                begin(next);
            }
            boolean more = waiting.size() > 0;
            if (busy && !more) {
                waitedUntilNanos = now;
            }
            busy = more;
        }

        /// A mean over the last turns without the longest, so that a pause is not taken for too much to do.
        private void learn(Busy turn) {
            boolean isLongest = turn.nanos() > longest.nanos();
            others = others.and(isLongest ? longest : turn);
            longest = isLongest ? turn : longest;
            eachNanos = others.begun() == 0 ? 0 : (long) (others.nanos() / others.begun());
            if (others.nanos() >= REMEMBERED_NANOS) {
                others = others.half();
                longest = longest.half();
            }
        }

        private void begin(BooleanSupplier begin) {
            if (seen == 0) {
                firstNanos = clock.nanos();
            }
            seen++;
            loop.schedule();
            if (begin.getAsBoolean()) {
                begun++;
            }
        }
    }
}
