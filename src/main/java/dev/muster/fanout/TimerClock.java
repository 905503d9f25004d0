package dev.muster.fanout;

import dev.muster.plan.NanoClock;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Scheduler;

/// The clock of the timer by which deadlines end, so that both tell the same time, a virtual one among them.
public record TimerClock(Scheduler timer) implements NanoClock {

    @Override
    public long nanos() {
        return timer.now(TimeUnit.NANOSECONDS);
    }
}
