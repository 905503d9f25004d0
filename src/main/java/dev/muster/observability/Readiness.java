package dev.muster.observability;

import dev.muster.fanout.Fanout;
import dev.muster.plan.NanoClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/// Whether Muster has room for more, asked by whoever routes batches to it. The state of an upstream is no part of it:
/// another instance would call the same one.
///
/// It is out of service as soon as it has no room, and in service again when it had room at every look for a while:
/// an instance at its limit would else be taken out and put back with every probe.
final class Readiness implements HealthIndicator {

    private static final Duration RECOVERY = Duration.ofSeconds(5);

    private final BooleanSupplier hasRoom;
    private final NanoClock clock;
    private final AtomicLong fullUntil;

    Readiness(Fanout fanout, NanoClock clock) {
        this(fanout::hasRoom, clock);
    }

    Readiness(BooleanSupplier hasRoom, NanoClock clock) {
        this.hasRoom = hasRoom;
        this.clock = clock;
        this.fullUntil = new AtomicLong(clock.nanos());
    }

    @Override
    public Health health() {
        long now = clock.nanos();
        if (!hasRoom.getAsBoolean()) {
            fullUntil.set(now + RECOVERY.toNanos());
        }
        return fullUntil.get() - now > 0
                ? Health.outOfService().build()
                : Health.up().build();
    }
}
