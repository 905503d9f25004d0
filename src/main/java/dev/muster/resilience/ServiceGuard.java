package dev.muster.resilience;

import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limiter.SimpleLimiter;
import dev.muster.service.AdaptiveConcurrency;
import dev.muster.service.Hedge;
import dev.muster.service.Service;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.core.functions.Either;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What stands between the calls and one service. Nothing in it blocks, and it starts nothing itself.
public final class ServiceGuard {

    private final Service service;
    private final @Nullable CircuitBreaker breaker;
    private final @Nullable Bulkhead bulkhead;
    private final @Nullable SimpleLimiter<Void> limiter;
    private final @Nullable RateLimiter rateLimiter;
    private final @Nullable RetryConfig retry;
    private final @Nullable LatencyWindow latencies;
    private final @Nullable LoadBalancer balancer;
    private final ExtraRequests extra;
    private final LongSupplier nanos;
    private final long hedgeNanos;
    private final LongAdder sent = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final LongAdder hedges = new LongAdder();
    private final LongAdder hedgesWon = new LongAdder();

    /// The parts of a guard; each may be missing but the breaker of a configured service.
    record Parts(
            @Nullable CircuitBreaker breaker,
            @Nullable Bulkhead bulkhead,
            @Nullable RateLimiter rateLimiter,
            @Nullable RetryConfig retry) {}

    ServiceGuard(Service service, Parts parts, LongSupplier nanos) {
        this.service = service;
        this.breaker = parts.breaker();
        this.bulkhead = parts.bulkhead();
        this.rateLimiter = parts.rateLimiter();
        this.retry = parts.retry();
        this.nanos = nanos;
        this.limiter = service.resilience().adaptiveConcurrency() == null
                ? null
                : limiter(service.resilience().adaptiveConcurrency(), nanos);
        this.balancer = service.location().baseUrls().size() < 2
                ? null
                : new LoadBalancer(
                        service.location().baseUrls(), service.resilience().ejection());
        this.extra = new ExtraRequests(service.resilience().retryBudget(), nanos);
        Hedge hedge = service.resilience().hedge();
        Double percentile = hedge == null ? null : hedge.percentile();
        this.latencies = percentile == null ? null : new LatencyWindow(percentile, nanos);
        this.hedgeNanos =
                hedge == null || percentile != null ? -1 : hedge.delay().toNanos();
    }

    private static SimpleLimiter<Void> limiter(AdaptiveConcurrency settings, LongSupplier nanos) {
        return SimpleLimiter.newBuilder()
                .limit(Gradient2Limit.newBuilder()
                        .initialLimit(settings.initial())
                        .minLimit(settings.min())
                        .maxConcurrency(settings.max())
                        .build())
                .nanoClock(nanos)
                .build();
    }

    /// Notes that a call begins, whose attempts then ask for their permits.
    public void called() {
        if (retry != null || service.resilience().hedge() != null) {
            extra.called();
        }
    }

    /// Reserves a place under the rate limit. It is used up whether or not the attempt is made.
    ///
    /// @param remainingNanos the time that is left for the call
    /// @return nanoseconds until the attempt may be made, 0 for at once, or -1 if it may not in time
    public long reserveRate(long remainingNanos) {
        long wait = rateLimiter == null ? 0 : rateLimiter.reservePermission();
        return wait > 0 && wait >= remainingNanos ? -1 : wait;
    }

    /// Asks for the permission for an attempt.
    ///
    /// @param anyBaseUrl whether it may go to any of the service's base URLs
    /// @param last       where the call's previous attempt went, if that is known
    public Acquisition admit(boolean anyBaseUrl, @Nullable Endpoint last) {
        return admitAt(anyBaseUrl && balancer != null ? balancer.choose(last, nanos.getAsLong()) : null);
    }

    /// Asks for the permission for a request that has its destination already.
    ///
    /// @param endpoint the base URL that it goes to, or `null` if it goes to none; of another service it is none
    public Acquisition admitTo(@Nullable Endpoint endpoint) {
        boolean own = endpoint != null && balancer != null && balancer.all().contains(endpoint);
        return admitAt(own ? endpoint : null);
    }

    private Acquisition admitAt(@Nullable Endpoint endpoint) {
        Limiter.Listener listener = null;
        if (limiter != null) {
            Optional<Limiter.Listener> acquired = limiter.acquire(null);
            if (acquired.isEmpty()) {
                return new Acquisition.Refused(NotPermitted.BULKHEAD_FULL);
            }
            listener = acquired.get();
        }
        if (bulkhead != null && !bulkhead.tryAcquirePermission()) {
            ignore(listener);
            return new Acquisition.Refused(NotPermitted.BULKHEAD_FULL);
        }
        if (breaker != null && !breaker.tryAcquirePermission()) {
            ignore(listener);
            if (bulkhead != null) {
                bulkhead.releasePermission();
            }
            return new Acquisition.Refused(NotPermitted.CIRCUIT_OPEN);
        }
        if (endpoint != null) {
            endpoint.began();
        }
        return new Acquisition.Granted(
                new Permit(breaker, bulkhead, listener, endpoint == null ? null : balancer, endpoint));
    }

    private static void ignore(Limiter.@Nullable Listener listener) {
        if (listener != null) {
            listener.onIgnore();
        }
    }

    /// Notes how long the upstream took for an answer that shows it well.
    public void answered(long elapsedNanos) {
        if (latencies != null) {
            latencies.record(elapsedNanos);
        }
    }

    /// Most attempts of one call, hedges not counted.
    public int mostAttempts() {
        return retry == null ? 1 : retry.getMaxAttempts();
    }

    /// Decides whether a call that has failed is tried again, and pays for it.
    ///
    /// @param attempts       how many attempts it has had
    /// @param retryAfter     what the upstream asked for, or `null`
    /// @param remainingNanos what is left of the call's time; a wait that does not fit into it is not begun
    /// @return nanoseconds to wait before the next attempt, or -1 for none
    public long retryAfter(int attempts, @Nullable Duration retryAfter, long remainingNanos) {
        if (retry == null || attempts >= retry.getMaxAttempts()) {
            return -1;
        }
        long wait = TimeUnit.MILLISECONDS.toNanos(
                retry.<Void>getIntervalBiFunction().apply(attempts, Either.right(null)));
        if (retryAfter != null) {
            wait = Math.max(wait, retryAfter.toNanos());
        }
        if (wait >= remainingNanos || !extra.tryPay()) {
            return -1;
        }
        retries.increment();
        return wait;
    }

    /// How long to wait for an attempt before it is hedged.
    ///
    /// @return nanoseconds, or -1 for never
    public long hedgeAfter() {
        return latencies == null ? hedgeNanos : latencies.percentileNanos();
    }

    /// Most hedges of one call.
    public int mostHedges() {
        return service.resilience().hedge() == null
                ? 0
                : service.resilience().hedge().max();
    }

    /// Decides whether a late attempt is hedged now, and pays for it. Not while the service struggles: it is late
    /// because it has too much to do already.
    public boolean tryHedge() {
        if (isStruggling() || !extra.tryPay()) {
            return false;
        }
        hedges.increment();
        return true;
    }

    /// Notes that a hedge was quicker than the attempt that it was for.
    public void hedgeWon() {
        hedgesWon.increment();
    }

    /// Notes that a request leaves for the service.
    public void sent() {
        sent.increment();
    }

    /// Takes the latest [#sent] back: nothing of that request has left.
    public void notSent() {
        sent.decrement();
    }

    /// Requests since the start that have left for the service.
    public long requestsSent() {
        return sent.sum();
    }

    /// Retries since the start.
    public long retries() {
        return retries.sum();
    }

    /// Hedges since the start.
    public long hedges() {
        return hedges.sum();
    }

    /// Hedges since the start that won.
    public long hedgesWon() {
        return hedgesWon.sum();
    }

    private boolean isStruggling() {
        if (breaker == null) {
            return false;
        }
        float halfWay = breaker.getCircuitBreakerConfig().getFailureRateThreshold() / 2;
        return switch (breaker.getState()) {
            case OPEN, FORCED_OPEN, HALF_OPEN -> true;
            case CLOSED, METRICS_ONLY, DISABLED -> breaker.getMetrics().getFailureRate() >= halfWay;
        };
    }

    public Service service() {
        return service;
    }

    /// How it stands, for whoever looks at the service.
    public Snapshot snapshot() {
        long now = nanos.getAsLong();
        return new Snapshot(
                breaker == null ? null : breaker.getState().name(),
                limiter == null ? null : limiter.getLimit(),
                limiter == null ? null : limiter.getInflight(),
                bulkhead == null ? null : bulkhead.getMetrics().getAvailableConcurrentCalls(),
                rateLimiter == null ? null : rateLimiter.getMetrics().getAvailablePermissions(),
                extra.balance(),
                balancer == null
                        ? List.of()
                        : balancer.all().stream()
                                .map(endpoint -> new Snapshot.Host(
                                        endpoint.baseUrl(), endpoint.inFlight(), endpoint.isEjected(now)))
                                .toList());
    }
}
