package dev.muster.lifecycle;

import dev.muster.service.MusterServicesProperties;
import dev.muster.service.ServiceCatalogue;
import io.github.resilience4j.common.CompositeCustomizer;
import io.github.resilience4j.common.circuitbreaker.configuration.CircuitBreakerConfigCustomizer;
import io.github.resilience4j.springboot.bulkhead.autoconfigure.BulkheadProperties;
import io.github.resilience4j.springboot.bulkhead.autoconfigure.ThreadPoolBulkheadProperties;
import io.github.resilience4j.springboot.circuitbreaker.autoconfigure.CircuitBreakerProperties;
import io.github.resilience4j.springboot.micrometer.autoconfigure.TimerProperties;
import io.github.resilience4j.springboot.ratelimiter.autoconfigure.RateLimiterProperties;
import io.github.resilience4j.springboot.retry.autoconfigure.RetryProperties;
import io.github.resilience4j.springboot.timelimiter.autoconfigure.TimeLimiterProperties;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

/// Whether the instances of Resilience4j are of services, and can be made.
final class ResilienceRules {

    private ResilienceRules() {}

    static void check(BoundConfiguration configuration, ConfigurationFaults faults) {
        Set<String> services = new HashSet<>(
                configuration.get(MusterServicesProperties.class).services().keySet());
        services.add(ServiceCatalogue.DEFAULT);

        var breakers = configuration.get(CircuitBreakerProperties.class);
        new Pattern<>("circuitbreaker", breakers.getInstances(), breakers.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) -> breakers.createCircuitBreakerConfig(
                                name, properties, new CompositeCustomizer<CircuitBreakerConfigCustomizer>(List.of())),
                        faults);
        var retries = configuration.get(RetryProperties.class);
        new Pattern<>("retry", retries.getInstances(), retries.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) ->
                                retries.createRetryConfig(properties, new CompositeCustomizer<>(List.of()), name),
                        faults);
        var bulkheads = configuration.get(BulkheadProperties.class);
        new Pattern<>("bulkhead", bulkheads.getInstances(), bulkheads.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) ->
                                bulkheads.createBulkheadConfig(properties, new CompositeCustomizer<>(List.of()), name),
                        faults);
        var limiters = configuration.get(RateLimiterProperties.class);
        new Pattern<>("ratelimiter", limiters.getInstances(), limiters.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) -> limiters.createRateLimiterConfig(
                                properties, new CompositeCustomizer<>(List.of()), name),
                        faults);
        var timeLimiters = configuration.get(TimeLimiterProperties.class);
        new Pattern<>("timelimiter", timeLimiters.getInstances(), timeLimiters.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) -> timeLimiters.createTimeLimiterConfig(
                                name, properties, new CompositeCustomizer<>(List.of())),
                        faults);
        var pools = configuration.get(ThreadPoolBulkheadProperties.class);
        new Pattern<>("thread-pool-bulkhead", pools.getInstances(), pools.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) -> pools.createThreadPoolBulkheadConfig(
                                properties, new CompositeCustomizer<>(List.of()), name),
                        faults);
        var timers = configuration.get(TimerProperties.class);
        new Pattern<>("micrometer.timer", timers.getInstances(), timers.getConfigs())
                .check(
                        services,
                        properties -> properties.getBaseConfig(),
                        (name, properties) ->
                                timers.createTimerConfig(properties, new CompositeCustomizer<>(List.of()), name),
                        faults);
    }

    /// One kind of guard.
    ///
    /// @param <P> what an instance is configured with
    private record Pattern<P>(String name, Map<String, P> instances, Map<String, P> configs) {

        /// @param base   the shared configuration that an instance names
        /// @param create makes the guard's own configuration, or throws
        void check(
                Set<String> services,
                Function<P, @Nullable String> base,
                BiConsumer<String, P> create,
                ConfigurationFaults faults) {
            instances.forEach((instance, properties) -> {
                String prefix = "resilience4j.%s.instances.%s".formatted(name, instance);
                if (!services.contains(instance)) {
                    faults.add(prefix, "there is no service of this name under muster.services");
                }
                tryOut(prefix, instance, properties, base, create, faults);
            });
            configs.forEach((config, properties) -> tryOut(
                    "resilience4j.%s.configs.%s".formatted(name, config), config, properties, base, create, faults));
        }

        private void tryOut(
                String prefix,
                String name,
                P properties,
                Function<P, @Nullable String> base,
                BiConsumer<String, P> create,
                ConfigurationFaults faults) {
            String config = base.apply(properties);
            if (config != null && !configs.containsKey(config)) {
                faults.add(
                        prefix + ".base-config", "there is no resilience4j.%s.configs.%s".formatted(this.name, config));
                return;
            }
            try {
                create.accept(name, properties);
            } catch (RuntimeException impossible) {
                faults.add(
                        prefix,
                        String.valueOf(NestedExceptionUtils.getMostSpecificCause(impossible)
                                .getMessage()));
            }
        }
    }
}
