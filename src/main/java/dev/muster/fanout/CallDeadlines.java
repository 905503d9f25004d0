package dev.muster.fanout;

import dev.muster.plan.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.Disposables;

/// Ends the calls of a batch whose own deadline passes before the batch's.
///
/// Calls with the same budget pass their deadlines in the order in which they started: one timer at a time is enough
/// for all of them. To schedule and to cancel a timer for each call would cost more than its whole way through the
/// gates.
final class CallDeadlines implements Disposable {

    private final TimerClock clock;
    private final Map<Duration, Line> lines = new ConcurrentHashMap<>();
    private final Disposable.Composite timers = Disposables.composite();

    CallDeadlines(TimerClock clock) {
        this.clock = clock;
    }

    /// Ends `call` when `deadline` passes, unless it has ended by then.
    void watch(CallRun call, Deadline deadline) {
        lines.computeIfAbsent(deadline.budget(), _ -> new Line()).add(new Watched(call, deadline));
    }

    /// Ends no more calls.
    @Override
    public void dispose() {
        timers.dispose();
    }

    private long remainingNanos(Watched call) {
        return call.deadline().remainingNanos(clock.nanos());
    }

    private record Watched(CallRun call, Deadline deadline) {}

    /// The calls with one budget, those that started first at its head.
    private final class Line {

        private final Queue<Watched> calls = new ArrayDeque<>();
        private final Disposable.Swap next = Disposables.swap();
        private boolean scheduled;

        private Line() {
            timers.add(next);
        }

        private void add(Watched call) {
            synchronized (this) {
                calls.add(call);
                if (scheduled) {
                    return;
                }
                scheduled = true;
            }
            schedule(call);
        }

        private void schedule(Watched head) {
            next.update(
                    clock.timer().schedule(this::headIsDue, Math.max(0, remainingNanos(head)), TimeUnit.NANOSECONDS));
        }

        private void headIsDue() {
            List<Watched> due = new ArrayList<>();
            Watched head;
            synchronized (this) {
                for (head = calls.peek();
                        head != null && (head.call().hasEnded() || remainingNanos(head) <= 0);
                        head = calls.peek()) {
                    due.add(head);
                    calls.remove();
                }
                scheduled = head != null;
            }
            if (head != null) {
                schedule(head);
            }
            due.forEach(passed -> passed.call().expire(passed.deadline()));
        }
    }
}
