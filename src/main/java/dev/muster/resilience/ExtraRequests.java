package dev.muster.resilience;

import dev.muster.service.RetryBudget;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/// The account that pays for retries and hedges. Every call earns it a fraction of a request, and a trickle flows in
/// whatever the traffic, so that extra requests stay a fraction of the traffic even while everything fails.
///
/// Two stocks in thousandths of a request, both small: what was earned in quiet hours must not come down on a service
/// that has just failed.
final class ExtraRequests {

    private static final long WHOLE = 1_000;
    private static final long MOST_EARNED = 10 * WHOLE;

    private final LongSupplier nanos;
    private final long perCall;
    private final long perSecond;
    private final AtomicLong earned = new AtomicLong();
    private final AtomicLong trickled;
    private final AtomicLong trickledAt;

    ExtraRequests(RetryBudget settings, LongSupplier nanos) {
        this.nanos = nanos;
        this.perCall = Math.round(settings.ratio() * WHOLE);
        this.perSecond = settings.minPerSecond() * WHOLE;
        this.trickled = new AtomicLong(perSecond);
        this.trickledAt = new AtomicLong(nanos.getAsLong());
    }

    /// Notes a call, which earns its part.
    void called() {
        if (earned.get() < MOST_EARNED) {
            earned.addAndGet(perCall);
        }
    }

    /// Pays for one extra request, if there is enough.
    boolean tryPay() {
        trickle();
        return tryTake(earned) || tryTake(trickled);
    }

    /// Extra requests that could be paid now.
    double balance() {
        trickle();
        return (Math.min(earned.get(), MOST_EARNED) + trickled.get()) / (double) WHOLE;
    }

    /// Tops the trickle up to the requests of one second.
    private void trickle() {
        long now = nanos.getAsLong();
        long last = trickledAt.get();
        long due = perSecond * Math.min(now - last, TimeUnit.SECONDS.toNanos(1)) / TimeUnit.SECONDS.toNanos(1);
        if (due > 0 && trickledAt.compareAndSet(last, now)) {
            trickled.updateAndGet(stock -> Math.min(perSecond, stock + due));
        }
    }

    private static boolean tryTake(AtomicLong stock) {
        long before = stock.getAndUpdate(left -> left < WHOLE ? left : left - WHOLE);
        return before >= WHOLE;
    }
}
