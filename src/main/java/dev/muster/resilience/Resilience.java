package dev.muster.resilience;

import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryRegistry;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// The guards of all services, one each, made once: whatever hosts callers name, there are no more of them.
///
/// A service has a circuit breaker, and whatever else an instance of its name is configured for. The service `default`
/// has a breaker only if that is configured, too: it is no one upstream but every unknown host, and the failures of one
/// would close the way to all.
public final class Resilience {

    private final Map<String, ServiceGuard> guards = new LinkedHashMap<>();

    /// Resilience4j's registries, filled with the configured instances.
    public record Registries(
            CircuitBreakerRegistry breakers,
            BulkheadRegistry bulkheads,
            RateLimiterRegistry rateLimiters,
            RetryRegistry retries) {

        /// Without any configured instance.
        public static Registries ofDefaults() {
            return new Registries(
                    CircuitBreakerRegistry.ofDefaults(),
                    BulkheadRegistry.ofDefaults(),
                    RateLimiterRegistry.ofDefaults(),
                    RetryRegistry.ofDefaults());
        }
    }

    /// @param nanos the monotonic clock, in nanoseconds
    /// @throws IllegalArgumentException if a configured instance cannot be kept; the message names the property
    public Resilience(Collection<Service> services, Registries registries, LongSupplier nanos) {
        for (Service service : services) {
            guards.put(service.name(), guard(service, registries, nanos));
        }
    }

    /// The guard of `service`, which must be one of those given.
    public ServiceGuard of(Service service) {
        return Objects.requireNonNull(guards.get(service.name()));
    }

    public Collection<ServiceGuard> all() {
        return guards.values();
    }

    private static ServiceGuard guard(Service service, Registries registries, LongSupplier nanos) {
        String name = service.name();
        return new ServiceGuard(
                service,
                new ServiceGuard.Parts(
                        breaker(name, registries.breakers(), nanos),
                        bulkhead(service, registries.bulkheads()),
                        registries.rateLimiters().find(name).orElse(null),
                        registries
                                .retries()
                                .find(name)
                                .map(Retry::getRetryConfig)
                                .orElse(null)),
                nanos);
    }

    private static @Nullable CircuitBreaker breaker(
            String service, CircuitBreakerRegistry breakers, LongSupplier nanos) {
        CircuitBreaker configured = service.equals(ServiceCatalogue.DEFAULT)
                ? breakers.find(service).orElse(null)
                : breakers.circuitBreaker(service);
        return configured == null ? null : onMonotonicClock(configured, breakers, nanos);
    }

    /// Resilience4j's breakers go by the wall clock unless they are told otherwise: set back by a second, one would
    /// count nothing any more, and an open one would stay open for as long as the clock was set back.
    private static CircuitBreaker onMonotonicClock(
            CircuitBreaker configured, CircuitBreakerRegistry breakers, LongSupplier nanos) {
        CircuitBreakerConfig config = CircuitBreakerConfig.from(configured.getCircuitBreakerConfig())
                .clock(new MonotonicClock(nanos))
                .currentTimestampFunction(_ -> nanos.getAsLong(), TimeUnit.NANOSECONDS)
                .build();
        CircuitBreaker breaker = CircuitBreaker.of(configured.getName(), config, configured.getTags());
        breakers.replace(configured.getName(), breaker);
        return breaker;
    }

    private static @Nullable Bulkhead bulkhead(Service service, BulkheadRegistry bulkheads) {
        Bulkhead bulkhead = bulkheads.find(service.name()).orElse(null);
        if (bulkhead == null) {
            return null;
        }
        if (service.resilience().adaptiveConcurrency() != null) {
            throw new IllegalArgumentException(
                    "muster.services.%s.adaptive-concurrency: takes the place of a bulkhead, but resilience4j.bulkhead.instances.%s is configured"
                            .formatted(service.name(), service.name()));
        }
        if (!bulkhead.getBulkheadConfig().getMaxWaitDuration().isZero()) {
            throw new IllegalArgumentException(
                    "resilience4j.bulkhead.instances.%s.max-wait-duration: must be 0, a call waits at Muster's own gates"
                            .formatted(service.name()));
        }
        return bulkhead;
    }
}
