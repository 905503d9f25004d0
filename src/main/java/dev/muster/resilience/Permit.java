package dev.muster.resilience;

import com.netflix.concurrency.limits.Limiter;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The permission for one attempt. Whoever has it tells once how the attempt ended; what is told later is not heard.
public final class Permit {

    private final @Nullable CircuitBreaker breaker;
    private final @Nullable Bulkhead bulkhead;
    private final Limiter.@Nullable Listener limiter;
    private final @Nullable LoadBalancer balancer;
    private final @Nullable Endpoint endpoint;
    private final AtomicBoolean open = new AtomicBoolean(true);

    Permit(
            @Nullable CircuitBreaker breaker,
            @Nullable Bulkhead bulkhead,
            Limiter.@Nullable Listener limiter,
            @Nullable LoadBalancer balancer,
            @Nullable Endpoint endpoint) {
        this.breaker = breaker;
        this.bulkhead = bulkhead;
        this.limiter = limiter;
        this.balancer = balancer;
        this.endpoint = endpoint;
    }

    /// Where the attempt goes, for a service that has several base URLs.
    public @Nullable Endpoint endpoint() {
        return endpoint;
    }

    /// Gives the permission back.
    ///
    /// @param health       what the attempt says of its upstream
    /// @param elapsedNanos how long it took
    /// @param nowNanos     the time on the monotonic clock
    public void end(Health health, long elapsedNanos, long nowNanos) {
        if (!open.compareAndSet(true, false)) {
            return;
        }
        if (endpoint != null) {
            endpoint.ended(health, nowNanos);
        }
        if (limiter != null) {
            switch (health) {
                case WELL -> limiter.onSuccess();
                case TROUBLED -> limiter.onDropped();
                case UNKNOWN -> limiter.onIgnore();
            }
        }
        if (bulkhead != null) {
            bulkhead.onComplete();
        }
        if (breaker != null) {
            switch (ofService(health)) {
                case WELL -> breaker.onSuccess(elapsedNanos, TimeUnit.NANOSECONDS);
                case TROUBLED -> breaker.onError(elapsedNanos, TimeUnit.NANOSECONDS, new UpstreamTrouble());
                case UNKNOWN -> breaker.releasePermission();
            }
        }
    }

    /// A host that fails among others that do not is passed over; it must not close the way to them.
    private Health ofService(Health health) {
        return health == Health.TROUBLED && balancer != null && !balancer.areAllFailing() ? Health.UNKNOWN : health;
    }

    /// What a breaker counts as a failure, whatever it was.
    private static final class UpstreamTrouble extends RuntimeException {

        UpstreamTrouble() {
            super("the upstream is in trouble", null, false, false);
        }
    }
}
