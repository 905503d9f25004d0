package dev.muster.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.muster.service.AdaptiveConcurrency;
import dev.muster.service.Ejection;
import dev.muster.service.Hedge;
import dev.muster.service.LocationProperties;
import dev.muster.service.ResilienceProperties;
import dev.muster.service.RetryBudget;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceEntries;
import dev.muster.service.ServiceProperties;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ServiceGuardTest {

    private static final String NAME = "pricing";
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private final AtomicLong now = new AtomicLong();
    private final CircuitBreakerRegistry breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
            .slidingWindowSize(10)
            .minimumNumberOfCalls(4)
            .waitDurationInOpenState(Duration.ofHours(1))
            .permittedNumberOfCallsInHalfOpenState(2)
            .build());
    private final BulkheadRegistry bulkheads = BulkheadRegistry.ofDefaults();
    private final RateLimiterRegistry rateLimiters = RateLimiterRegistry.ofDefaults();
    private final RetryRegistry retries = RetryRegistry.ofDefaults();

    @Test
    void theBreakerOpensByItsFailureRateAndRefusesFromThenOn() {
        ServiceGuard guard = guard();
        end(guard, Health.WELL);
        end(guard, Health.WELL);
        end(guard, Health.TROUBLED);
        assertThat(guard.admit(true, null)).isInstanceOf(Acquisition.Granted.class);
        end(guard, Health.TROUBLED);

        assertThat(guard.admit(true, null)).isEqualTo(new Acquisition.Refused(NotPermitted.CIRCUIT_OPEN));
        assertThat(guard.snapshot().breaker()).isEqualTo("OPEN");
    }

    @Test
    void attemptsThatSayNothingOfTheUpstreamAreNotCounted() {
        ServiceGuard guard = guard();
        for (int i = 0; i < 100; i++) {
            end(guard, Health.UNKNOWN);
        }

        CircuitBreaker.Metrics metrics = breakers.circuitBreaker(NAME).getMetrics();
        assertThat(metrics.getNumberOfBufferedCalls()).isZero();
        assertThat(metrics.getNumberOfSlowCalls()).isZero();
    }

    @Test
    void aHalfOpenBreakerGetsItsTrialBackFromAnAttemptThatWasGivenUp() {
        ServiceGuard guard = guard();
        breakers.circuitBreaker(NAME).transitionToOpenState();
        breakers.circuitBreaker(NAME).transitionToHalfOpenState();
        end(guard, Health.UNKNOWN);
        end(guard, Health.UNKNOWN);
        end(guard, Health.UNKNOWN);
        end(guard, Health.WELL);
        end(guard, Health.WELL);

        assertThat(guard.snapshot().breaker()).isEqualTo("CLOSED");
    }

    @Test
    void aPermitThatIsEndedTwiceIsGivenBackOnce() {
        bulkheads.bulkhead(NAME, BulkheadConfig.custom().maxConcurrentCalls(2).build());
        ServiceGuard guard = guard();
        Permit permit = granted(guard);
        permit.end(Health.TROUBLED, 1, 1);
        permit.end(Health.TROUBLED, 1, 1);

        assertThat(breakers.circuitBreaker(NAME).getMetrics().getNumberOfFailedCalls())
                .isEqualTo(1);
        assertThat(guard.snapshot().bulkheadAvailable()).isEqualTo(2);
    }

    @Test
    void theBulkheadBoundsWhatIsInFlight() {
        bulkheads.bulkhead(NAME, BulkheadConfig.custom().maxConcurrentCalls(1).build());
        ServiceGuard guard = guard();
        Permit permit = granted(guard);

        assertThat(guard.admit(true, null)).isEqualTo(new Acquisition.Refused(NotPermitted.BULKHEAD_FULL));
        permit.end(Health.UNKNOWN, 0, 0);
        assertThat(guard.admit(true, null)).isInstanceOf(Acquisition.Granted.class);
    }

    @Test
    void anOpenBreakerTakesNoPlaceInTheBulkhead() {
        bulkheads.bulkhead(NAME, BulkheadConfig.custom().maxConcurrentCalls(1).build());
        ServiceGuard guard = guard();
        breakers.circuitBreaker(NAME).transitionToOpenState();
        guard.admit(true, null);
        guard.admit(true, null);

        assertThat(guard.snapshot().bulkheadAvailable()).isEqualTo(1);
    }

    @Test
    void theAdaptiveLimitRefusesBeyondItAndShrinksWhenAttemptsAreDropped() {
        ServiceGuard guard = guard(null, new AdaptiveConcurrency(10, 1, 100), List.of());
        List<Permit> permits = Stream.generate(() -> granted(guard)).limit(10).toList();
        assertThat(guard.admit(true, null)).isEqualTo(new Acquisition.Refused(NotPermitted.BULKHEAD_FULL));

        permits.forEach(permit -> permit.end(Health.UNKNOWN, 0, 0));
        assertThat(guard.snapshot().adaptiveLimit()).isEqualTo(10);
        assertThat(guard.snapshot().adaptiveInFlight()).isZero();
    }

    @Test
    void theRateLimitRefusesOrHasWaitAsItIsConfigured() {
        rateLimiters.rateLimiter(
                NAME,
                RateLimiterConfig.custom()
                        .limitForPeriod(1)
                        .limitRefreshPeriod(Duration.ofHours(1))
                        .timeoutDuration(Duration.ZERO)
                        .build());
        ServiceGuard refusing = guard();
        assertThat(refusing.reserveRate(Long.MAX_VALUE)).isZero();
        assertThat(refusing.reserveRate(Long.MAX_VALUE)).isNegative();

        rateLimiters.replace(
                NAME,
                RateLimiter.of(
                        NAME,
                        RateLimiterConfig.custom()
                                .limitForPeriod(1)
                                .limitRefreshPeriod(Duration.ofHours(1))
                                .timeoutDuration(Duration.ofHours(2))
                                .build()));
        ServiceGuard patient = guard();
        assertThat(patient.reserveRate(Long.MAX_VALUE)).isZero();
        assertThat(patient.reserveRate(Long.MAX_VALUE)).isBetween(1L, TimeUnit.HOURS.toNanos(1));
        assertThat(patient.reserveRate(TimeUnit.MINUTES.toNanos(1))).isNegative();
    }

    @Test
    void aRetryWaitsAsConfiguredAndAsTheUpstreamAsksAndOnlyIfThatFitsIntoTheTimeLeft() {
        retry(3);
        ServiceGuard guard = guard();

        assertThat(guard.retryAfter(1, null, 1_000 * MILLI)).isEqualTo(20 * MILLI);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(guard.retryAfter(2, Duration.ofMillis(500), 1_000 * MILLI)).isEqualTo(500 * MILLI);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(guard.retryAfter(2, Duration.ofMillis(500), 500 * MILLI)).isNegative();
        assertThat(guard.retryAfter(1, null, 20 * MILLI)).isNegative();
        assertThat(guard.retryAfter(3, null, 1_000 * MILLI)).isNegative();
        assertThat(guard.snapshot().retryBudget()).isEqualTo(1);
    }

    @Test
    void retriesStopWhenTheBudgetIsSpent() {
        retry(3);
        ServiceGuard guard = guard();
        int retried = 0;
        for (int i = 0; i < 1_000; i++) {
            guard.called();
            retried += guard.retryAfter(1, null, 1_000 * MILLI) < 0 ? 0 : 1;
        }

        assertThat(retried).isEqualTo(201);
    }

    @Test
    void nothingIsRetriedWhereNoRetryIsConfigured() {
        assertThat(guard().retryAfter(1, null, Long.MAX_VALUE)).isNegative();
        assertThat(guard().mostAttempts()).isEqualTo(1);
    }

    @Test
    void hedgesWaitForTheConfiguredTimeAndStopWhileTheServiceStruggles() {
        ServiceGuard guard = guard(new Hedge("30ms", 2), null, List.of());
        assertThat(guard.hedgeAfter()).isEqualTo(30 * MILLI);
        assertThat(guard.mostHedges()).isEqualTo(2);
        for (int i = 0; i < 10; i++) {
            guard.called();
        }
        assertThat(guard.tryHedge()).isTrue();

        // a quarter of the calls fail, which is half of what opens the breaker
        end(guard, Health.WELL);
        end(guard, Health.WELL);
        end(guard, Health.WELL);
        end(guard, Health.TROUBLED);
        assertThat(guard.tryHedge()).isFalse();
    }

    @Test
    void hedgesByPercentileWaitUntilItIsKnown() {
        ServiceGuard guard = guard(new Hedge("p95", 1), null, List.of());
        assertThat(guard.hedgeAfter()).isNegative();
        for (int i = 0; i < 100; i++) {
            guard.answered(10 * MILLI);
        }
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));

        assertThat(guard.hedgeAfter()).isBetween(9 * MILLI, 11 * MILLI);
    }

    @Test
    void anAttemptByPathGoesToOneOfSeveralBaseUrlsAndOneByPlainUrlToNone() {
        ServiceGuard guard = guard(null, null, List.of(URI.create("http://a"), URI.create("http://b")));
        Permit first = granted(guard);
        Endpoint endpoint = first.endpoint();
        assertThat(endpoint).isNotNull();
        assertThat(endpoint.inFlight()).isEqualTo(1);
        first.end(Health.WELL, 1, 1);
        assertThat(endpoint.inFlight()).isZero();

        assertThat(guard.admit(false, null))
                .isInstanceOfSatisfying(
                        Acquisition.Granted.class,
                        plain -> assertThat(plain.permit().endpoint()).isNull());
    }

    @Test
    void theBreakerOpensForAServiceOfSeveralHostsOnlyWhenAllOfThemFail() {
        ServiceGuard guard = guard(null, null, List.of(URI.create("http://a"), URI.create("http://b")));
        for (int i = 0; i < 50; i++) {
            Permit permit = granted(guard);
            boolean atA = String.valueOf(
                            permit.endpoint() == null ? null : permit.endpoint().baseUrl())
                    .endsWith("a");
            permit.end(atA ? Health.TROUBLED : Health.WELL, MILLI, MILLI);
        }
        assertThat(guard.snapshot().breaker()).isEqualTo("CLOSED");

        for (int i = 0; i < 20; i++) {
            if (guard.admit(true, null) instanceof Acquisition.Granted(Permit permit)) {
                permit.end(Health.TROUBLED, MILLI, MILLI);
            }
        }
        assertThat(guard.snapshot().breaker()).isEqualTo("OPEN");
    }

    @Test
    void theServiceDefaultHasABreakerOnlyIfThatIsConfigured() {
        var services = new ServiceCatalogue(Map.of());
        var without = new Resilience(services.all(), registries(), now::get);
        assertThat(without.of(services.named("default")).snapshot().breaker()).isNull();

        breakers.circuitBreaker("default");
        var with = new Resilience(services.all(), registries(), now::get);
        assertThat(with.of(services.named("default")).snapshot().breaker()).isEqualTo("CLOSED");
    }

    @Test
    void aBulkheadNextToAnAdaptiveLimitIsRefusedByName() {
        bulkheads.bulkhead(NAME);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guard(null, new AdaptiveConcurrency(20, 5, 500), List.of()))
                .withMessage(
                        "muster.services.pricing.adaptive-concurrency: takes the place of a bulkhead, but resilience4j.bulkhead.instances.pricing is configured");
    }

    @Test
    void aBulkheadThatBlocksIsRefusedByName() {
        bulkheads.bulkhead(
                NAME,
                BulkheadConfig.custom().maxWaitDuration(Duration.ofMillis(1)).build());
        assertThatIllegalArgumentException()
                .isThrownBy(this::guard)
                .withMessage(
                        "resilience4j.bulkhead.instances.pricing.max-wait-duration: must be 0, a call waits at Muster's own gates");
    }

    private void retry(int attempts) {
        retries.retry(
                NAME,
                RetryConfig.custom()
                        .maxAttempts(attempts)
                        .intervalFunction(IntervalFunction.of(20))
                        .build());
    }

    private static void end(ServiceGuard guard, Health health) {
        granted(guard).end(health, MILLI, MILLI);
    }

    private static Permit granted(ServiceGuard guard) {
        return ((Acquisition.Granted) guard.admit(true, null)).permit();
    }

    private ServiceGuard guard() {
        return guard(null, null, List.of());
    }

    private ServiceGuard guard(@Nullable Hedge hedge, @Nullable AdaptiveConcurrency adaptive, List<URI> baseUrls) {
        ServiceProperties nothing = ServiceEntries.entry();
        var entry = new ServiceProperties(
                new LocationProperties(baseUrls.isEmpty() ? URI.create("http://pricing") : null, baseUrls, null, null),
                nothing.calls(),
                nothing.connections(),
                nothing.pool(),
                nothing.hosts(),
                new ResilienceProperties(
                        new Ejection(5, Duration.ofSeconds(5)), new RetryBudget(0.2, 1), hedge, adaptive, null),
                nothing.reuse());
        var services = new ServiceCatalogue(Map.of(NAME, entry));
        return new Resilience(services.all(), registries(), now::get).of(services.named(NAME));
    }

    private Resilience.Registries registries() {
        return new Resilience.Registries(breakers, bulkheads, rateLimiters, retries);
    }
}
