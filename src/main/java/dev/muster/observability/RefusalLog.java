package dev.muster.observability;

import dev.muster.admission.BatchRefusedException;
import dev.muster.plan.BatchPlan;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.scheduler.Scheduler;

/// Writes a line for a batch that is refused for one reason. Whoever floods Muster must not flood its log as well:
/// those within a second after a line are one line together, at its end.
final class RefusalLog {

    /// Nobody was refused in the last second.
    private static final int QUIET = -1;

    private final Logger log;
    private final Scheduler timer;
    /// How many were since the last line, or [#QUIET].
    private final AtomicInteger untold = new AtomicInteger(QUIET);
    private volatile @Nullable Refused latest;

    RefusalLog(Logger log, Scheduler timer) {
        this.log = log;
        this.timer = timer;
    }

    private record Refused(BatchRefusedException refusal, String principal) {}

    void refused(BatchRefusedException refusal, String principal) {
        var refused = new Refused(refusal, principal);
        latest = refused;
        if (untold.getAndUpdate(before -> before == QUIET ? 0 : before + 1) == QUIET) {
            write(refused, 1);
            lookAgain();
        }
    }

    private void lookAgain() {
        var _ = timer.schedule(this::tell, 1, TimeUnit.SECONDS);
    }

    private void tell() {
        int number = untold.getAndUpdate(before -> before == 0 ? QUIET : 0);
        Refused last = latest;
        if (number > 0 && last != null) {
            write(last, number);
            lookAgain();
        }
    }

    private void write(Refused last, int number) {
        String reason = last.refusal().reason().wireName();
        LoggingEventBuilder line =
                log.atInfo().addKeyValue("refusedFor", reason).addKeyValue("refused", number);
        if (!last.principal().equals(BatchPlan.ANONYMOUS)) {
            line = line.addKeyValue("principal", last.principal());
        }
        String more = number == 1 ? "" : ", and %d more in the last second".formatted(number - 1);
        line.log(() ->
                "batch refused (%s): %s%s".formatted(reason, last.refusal().getMessage(), more));
    }
}
