package dev.muster.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceProperties;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A wall clock that is set, back or forth, changes nothing of a breaker, in whatever state it is.
class WallClockTest {

    private static final Duration OPEN = Duration.ofSeconds(5);

    private final AtomicLong nanos = new AtomicLong();
    private final Wall wall = new Wall();
    private final ServiceGuard guard = guard();

    @ParameterizedTest
    @ValueSource(strings = {"-P1D", "-PT60S", "-PT1S", "PT1S", "PT60S", "P1D"})
    void aClosedBreakerGoesOnCounting(Duration step) {
        pass(Duration.ofSeconds(3));
        end(Health.WELL);
        wall.set(step);
        end(Health.TROUBLED);
        end(Health.TROUBLED);
        assertThat(state()).isEqualTo("CLOSED");
        end(Health.TROUBLED);

        assertThat(state()).isEqualTo("OPEN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-P1D", "-PT60S", "-PT1S", "PT1S", "PT60S", "P1D"})
    void aClosedBreakerForgetsAsTimePasses(Duration step) {
        for (int i = 0; i < 3; i++) {
            end(Health.TROUBLED);
        }
        wall.set(step);
        pass(Duration.ofSeconds(11));
        end(Health.TROUBLED);

        assertThat(state()).isEqualTo("CLOSED");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-P1D", "-PT60S", "-PT1S", "PT1S", "PT60S", "P1D"})
    void anOpenBreakerIsTriedAgainWhenItsTimeHasPassed(Duration step) {
        open();
        wall.set(step);
        pass(OPEN.minusMillis(1));
        assertThat(guard.admit(true, null)).isEqualTo(new Acquisition.Refused(NotPermitted.CIRCUIT_OPEN));
        pass(Duration.ofMillis(2));

        end(Health.WELL);
        assertThat(state()).isEqualTo("HALF_OPEN");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-P1D", "-PT60S", "-PT1S", "PT1S", "PT60S", "P1D"})
    void aHalfOpenBreakerDecidesByItsTrials(Duration step) {
        open();
        pass(OPEN.plusMillis(1));
        end(Health.WELL);
        wall.set(step);
        end(Health.WELL);

        assertThat(state()).isEqualTo("CLOSED");
        for (int i = 0; i < 4; i++) {
            end(Health.TROUBLED);
        }
        assertThat(state()).isEqualTo("OPEN");
    }

    private void open() {
        for (int i = 0; i < 4; i++) {
            end(Health.TROUBLED);
        }
        assertThat(state()).isEqualTo("OPEN");
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        wall.set(time);
    }

    private void end(Health health) {
        assertThat(guard.admit(true, null))
                .isInstanceOfSatisfying(
                        Acquisition.Granted.class, granted -> granted.permit().end(health, 1_000, nanos.get()));
    }

    private String state() {
        return String.valueOf(guard.snapshot().breaker());
    }

    private ServiceGuard guard() {
        var services = new ServiceCatalogue(Map.of("pricing", ServiceProperties.at(URI.create("http://pricing"))));
        var breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
                .slidingWindow(10, 4, SlidingWindowType.TIME_BASED)
                .waitDurationInOpenState(OPEN)
                .permittedNumberOfCallsInHalfOpenState(2)
                .clock(wall)
                .build());
        var registries = new Resilience.Registries(
                breakers, BulkheadRegistry.ofDefaults(), RateLimiterRegistry.ofDefaults(), RetryRegistry.ofDefaults());
        return new Resilience(services.all(), registries, nanos::get).of(services.named("pricing"));
    }

    private static final class Wall extends Clock {

        private Instant now = Instant.parse("2026-01-01T00:00:00Z");

        void set(Duration step) {
            now = now.plus(step);
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
