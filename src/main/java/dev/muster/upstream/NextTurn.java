package dev.muster.upstream;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The next turn of an event loop: what the loop itself schedules for now is due when it has looked at its sockets once
/// more, and so behind all that has come by then.
public final class NextTurn {

    private NextTurn() {}

    /// Runs `task` in the next turn of `loop`, which is the current one.
    public static void of(ScheduledExecutorService loop, Runnable task) {
        var _ = loop.schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    /// The same from any thread.
    public static void ofOther(ScheduledExecutorService loop, Runnable task) {
        loop.execute(() -> of(loop, task));
    }
}
