package dev.muster.resilience;

import dev.muster.service.Ejection;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;

/// One of several base URLs of a service: how much it has to do, and how it fares.
public final class Endpoint {

    /// An endpoint that keeps failing is passed over for longer and longer, up to so many times the first time.
    private static final int MOST_ROUNDS = 10;

    private final URI baseUrl;
    private final Ejection ejection;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicInteger failuresInARow = new AtomicInteger();
    private final AtomicInteger ejectionsInARow = new AtomicInteger();
    private volatile boolean ejected;
    private volatile long ejectedUntil;

    Endpoint(URI baseUrl, Ejection ejection) {
        this.baseUrl = baseUrl;
        this.ejection = ejection;
    }

    public URI baseUrl() {
        return baseUrl;
    }

    /// Attempts that are under way.
    public int inFlight() {
        return inFlight.get();
    }

    /// Whether it is passed over at `nowNanos`.
    public boolean isEjected(long nowNanos) {
        return ejected && ejectedUntil - nowNanos > 0;
    }

    /// Whether its latest attempt that says anything of it failed.
    boolean isFailing() {
        return failuresInARow.get() > 0 || ejected;
    }

    void began() {
        inFlight.incrementAndGet();
    }

    void ended(Health health, long nowNanos) {
        inFlight.decrementAndGet();
        switch (health) {
            case WELL -> {
                failuresInARow.set(0);
                ejectionsInARow.set(0);
                ejected = false;
            }
            case TROUBLED -> {
                if (failuresInARow.incrementAndGet() >= ejection.consecutiveFailures() && !isEjected(nowNanos)) {
                    eject(nowNanos);
                }
            }
            case UNKNOWN -> {}
        }
    }

    private void eject(long nowNanos) {
        failuresInARow.set(0);
        int rounds = Math.min(MOST_ROUNDS, ejectionsInARow.incrementAndGet());
        ejectedUntil = nowNanos + rounds * ejection.duration().toNanos();
        ejected = true;
    }
}
