package dev.muster;

import dev.muster.call.CallPipeline;
import dev.muster.call.UpstreamClient;
import dev.muster.call.UpstreamHealth;
import dev.muster.egress.Authority;
import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.fanout.Fanout;
import dev.muster.plan.CallersProperties;
import dev.muster.plan.GatewayProperties;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.resilience.Resilience;
import dev.muster.service.MusterServicesProperties;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.NameResolverProvider;

/// Puts the parts of Muster together.
@Configuration(proxyBeanMethods = false)
class MusterConfiguration {

    private static final Duration NAMES_ARE_CACHED_FOR = Duration.ofSeconds(10);

    /// The clock and the timer of every deadline. Its tasks only hand over, so one thread serves all.
    @Bean(destroyMethod = "dispose")
    Scheduler timer() {
        return Schedulers.newSingle("muster-timer", true);
    }

    @Bean
    NanoClock clock(Scheduler timer) {
        return () -> timer.now(TimeUnit.NANOSECONDS);
    }

    @Bean
    ServiceCatalogue services(MusterServicesProperties properties) {
        return new ServiceCatalogue(properties.services());
    }

    @Bean
    EgressPolicy egressPolicy(EgressProperties properties, ServiceCatalogue services) {
        return new EgressPolicy(properties, trusted(services.all()));
    }

    /// A configured service's own host and port are allowed as they stand.
    private static Set<Authority> trusted(Collection<Service> services) {
        return services.stream()
                .map(Service::baseUrls)
                .flatMap(List::stream)
                .map(MusterConfiguration::authority)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Authority authority(URI baseUrl) {
        int defaultPort = baseUrl.getScheme().equalsIgnoreCase("https") ? 443 : 80;
        return Authority.of(baseUrl.getHost(), baseUrl.getPort() < 0 ? defaultPort : baseUrl.getPort());
    }

    @Bean
    UpstreamClient upstreamClient(
            ServiceCatalogue services,
            EgressPolicy egress,
            GatewayProperties gateway,
            ReactorResourceFactory resources,
            NanoClock clock) {
        return upstreamClient(services, egress, gateway, resources.getLoopResources(), clock);
    }

    private static UpstreamClient upstreamClient(
            ServiceCatalogue services,
            EgressPolicy egress,
            GatewayProperties gateway,
            LoopResources loops,
            NanoClock clock) {
        var names = NameResolverProvider.builder()
                // A name that moves is followed whatever its record's time to live, which in Docker is
                // ten minutes.
                .cacheMaxTimeToLive(NAMES_ARE_CACHED_FOR)
                .build()
                .newNameResolverGroup(loops, true);
        return new UpstreamClient(
                services.all(),
                loops,
                new EgressAddressResolverGroup(egress, names),
                new UpstreamClient.Settings(
                        Math.toIntExact(gateway.maxResponseSize().toBytes()), gateway.deadlineHeader()),
                clock);
    }

    @Bean
    WarmUp warmUp(GatewayProperties gateway, ReactorResourceFactory resources, Scheduler timer, NanoClock clock) {
        LoopResources loops = resources.getLoopResources();
        return new WarmUp(
                (services, egress) -> upstreamClient(services, egress, gateway, loops, clock), gateway, loops, timer);
    }

    @Bean
    Planner planner(GatewayProperties gateway, ServiceCatalogue services) {
        return new Planner(gateway, services);
    }

    @Bean
    Resilience resilience(
            ServiceCatalogue services,
            CircuitBreakerRegistry breakers,
            BulkheadRegistry bulkheads,
            RateLimiterRegistry rateLimiters,
            RetryRegistry retries,
            NanoClock clock) {
        return new Resilience(
                services.all(), new Resilience.Registries(breakers, bulkheads, rateLimiters, retries), clock::nanos);
    }

    @Bean
    Fanout fanout(
            EgressPolicy egress,
            Resilience resilience,
            UpstreamClient client,
            ServiceCatalogue services,
            GatewayProperties gateway,
            CallersProperties callers,
            Scheduler timer,
            NanoClock clock) {
        var health = new UpstreamHealth(gateway.timeout());
        var pipeline = new CallPipeline(egress, resilience, client, services, health, timer, clock);
        return new Fanout(pipeline, gateway, callers, timer);
    }

    @Bean
    DrainOnStop drainOnStop(Fanout fanout, GatewayProperties gateway) {
        return new DrainOnStop(fanout, gateway.drainTimeout());
    }
}
