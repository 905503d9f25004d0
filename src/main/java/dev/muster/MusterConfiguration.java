package dev.muster;

import dev.muster.call.CallPipeline;
import dev.muster.call.UpstreamClient;
import dev.muster.egress.Authority;
import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.egress.OwnPorts;
import dev.muster.fanout.Fanout;
import dev.muster.plan.GatewayProperties;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.service.MusterServicesProperties;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import java.net.URI;
import java.util.Collection;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
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

    /// The ports of the server and of the management server: as configured, or, where that is 0, as bound. A port
    /// is known before a batch can come in by it.
    @Bean
    OwnPorts ownPorts(
            @Value("${server.port:8080}") int server,
            @Value("${management.server.port:${server.port:8080}}") int management) {
        var own = new OwnPorts();
        own.add(server);
        own.add(management);
        return own;
    }

    @Bean
    ApplicationListener<WebServerInitializedEvent> boundPorts(OwnPorts own) {
        return started -> own.add(started.getWebServer().getPort());
    }

    @Bean
    EgressPolicy egressPolicy(EgressProperties properties, ServiceCatalogue services, OwnPorts own) {
        return new EgressPolicy(properties, trusted(services.all()), own);
    }

    /// A configured service's own host and port are allowed as they stand.
    private static Set<Authority> trusted(Collection<Service> services) {
        return services.stream()
                .map(Service::baseUrl)
                .filter(Objects::nonNull)
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
        var names = NameResolverProvider.builder().build().newNameResolverGroup(loops, true);
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
    Fanout fanout(
            EgressPolicy egress,
            UpstreamClient client,
            ServiceCatalogue services,
            GatewayProperties gateway,
            Scheduler timer,
            NanoClock clock) {
        return new Fanout(new CallPipeline(egress, client, services, clock), gateway, timer);
    }

    @Bean
    DrainOnStop drainOnStop(Fanout fanout, GatewayProperties gateway) {
        return new DrainOnStop(fanout, gateway.drainTimeout());
    }
}
