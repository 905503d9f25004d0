package dev.muster.admission;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.NanoClock;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/// Every caller that was there lately, by principal.
///
/// A caller is forgotten when nothing of it is left: its calls have ended, and its rate is as if it had never called.
/// Whoever issues tokens may invent any number of principals, so that there is a limit to how many are known; beyond
/// it, those that call least begin anew.
final class Callers {

    private static final double HALF = 0.5;
    private static final int MOST_KNOWN = 10_000;
    /// Calls of batches without end take half of the memory at the most: these may take a quarter themselves.
    private static final int STREAMS_PART = 4;

    private final CallersProperties entries;
    private final AdmissionLimits limits;
    private final Room memory;
    private final Room uploads;
    private final Room streams;
    private final RetainedRooms retained;
    private final TimeMeter time;
    private final LoadingCache<String, Caller> known;
    /// Those of which a batch is still there, too, however long ago it came.
    private final Cache<String, Caller> held =
            Caffeine.newBuilder().weakValues().build();

    Callers(CallersProperties entries, AdmissionLimits limits, NanoClock clock) {
        this.entries = entries;
        this.limits = limits;
        this.memory = new Room(limits.batchBytes(), this::now);
        this.uploads = new Room(limits.uploadBytes(), this::now);
        this.streams = new Room(limits.batchBytes() / STREAMS_PART, this::now);
        this.retained = new RetainedRooms(limits.retained(), this::now);
        this.time = new Time(clock);
        this.known = Caffeine.newBuilder()
                .maximumSize(MOST_KNOWN)
                .expireAfterAccess(longestTrace())
                .ticker(clock::nanos)
                .executor(Runnable::run)
                .build(principal -> held.get(principal, this::create));
    }

    Caller named(String principal) {
        return known.get(principal);
    }

    /// What all batches together may hold.
    Room memory() {
        return memory;
    }

    /// What all batches that outlive their request may take.
    RetainedRooms retained() {
        return retained;
    }

    /// How many callers share the gateway, roughly: those that have called lately.
    int now() {
        return (int) known.estimatedSize();
    }

    /// How many callers are known.
    long size() {
        known.cleanUp();
        return known.estimatedSize();
    }

    /// How long after its last batch a caller can still be told from one that never called.
    private Duration longestTrace() {
        Duration longest = limits.timeout();
        for (String name : entries.callers().keySet()) {
            Integer rate = entries.first(name, CallerProperties::rate);
            if (rate != null) {
                Duration untilFull = Duration.ofSeconds(1 + burst(name, rate) / rate);
                longest = longest.compareTo(untilFull) < 0 ? untilFull : longest;
            }
        }
        return longest.plusSeconds(1);
    }

    private Caller create(String principal) {
        Integer rate = entries.first(principal, CallerProperties::rate);
        int burst = rate == null ? Integer.MAX_VALUE : burst(principal, rate);
        double share = share(principal);
        boolean alone = share == 1;
        long most = (long) (memory.bytes() * share);
        return new Caller(
                principal,
                burst,
                rate == null ? null : bucket(rate, burst),
                alone ? null : new Gate(Math.max(1, (int) (limits.maxInFlight() * share))),
                (int) (limits.maxWaiting() * share),
                new Caller.Holdings(
                        memory.part(most, alone),
                        uploads.part(most, alone),
                        streams.part(most / STREAMS_PART, alone),
                        retained.share(share)),
                new AtomicBoolean());
    }

    private Bucket bucket(int rate, int burst) {
        return Bucket.builder()
                .addLimit(limit -> limit.capacity(burst).refillGreedy(rate, Duration.ofSeconds(1)))
                .withCustomTimePrecision(time)
                .build();
    }

    private int burst(String principal, int rate) {
        Integer burst = entries.first(principal, CallerProperties::burst);
        return burst == null ? Math.max(rate, limits.maxRequests()) : burst;
    }

    private double share(String principal) {
        Double share = entries.first(principal, CallerProperties::share);
        if (share != null) {
            return share;
        }
        return principal.equals(BatchPlan.ANONYMOUS) ? 1 : HALF;
    }

    private record Time(NanoClock clock) implements TimeMeter {

        @Override
        public long currentTimeNanos() {
            return clock.nanos();
        }

        @Override
        public boolean isWallClockBased() {
            return false;
        }
    }
}
