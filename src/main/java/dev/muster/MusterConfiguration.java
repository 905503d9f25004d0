package dev.muster;

import dev.muster.admission.AdmissionLimits;
import dev.muster.admission.CallersProperties;
import dev.muster.admission.RetainedLimits;
import dev.muster.answer.BatchWriter;
import dev.muster.answer.ResultReader;
import dev.muster.call.Caches;
import dev.muster.call.CallPipeline;
import dev.muster.call.UpstreamHealth;
import dev.muster.demo.UpstreamSimulator;
import dev.muster.detached.DetachedBatches;
import dev.muster.detached.MemoryStore;
import dev.muster.egress.Authority;
import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.egress.Names;
import dev.muster.egress.OwnPorts;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.Fanout;
import dev.muster.fanout.TimerClock;
import dev.muster.lifecycle.DrainOnStop;
import dev.muster.lifecycle.WarmUp;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.CapacityProperties;
import dev.muster.plan.DetachedProperties;
import dev.muster.plan.HeapShares;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.plan.PropagationProperties;
import dev.muster.plan.ResponseProperties;
import dev.muster.plan.SteadyTime;
import dev.muster.resilience.Resilience;
import dev.muster.server.ClientConnections;
import dev.muster.server.ClientProperties;
import dev.muster.server.EventLoops;
import dev.muster.server.MakeRoom;
import dev.muster.server.StalledClients;
import dev.muster.server.TransportProperties;
import dev.muster.service.MusterServicesProperties;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import dev.muster.upstream.BundledTls;
import dev.muster.upstream.ServiceTls;
import dev.muster.upstream.TokenClient;
import dev.muster.upstream.UpstreamClient;
import dev.muster.url.HttpUrl;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.netty.channel.EventLoopGroup;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsServerAddressStreamProviders;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/// Puts the parts of Muster together.
@Configuration(proxyBeanMethods = false)
class MusterConfiguration {

    private static final Duration UNUSED_CONNECTIONS_LAST = Duration.ofMillis(500);

    /// The clock and the timer of every deadline. Its tasks only hand over, so one thread serves all.
    @Bean(destroyMethod = "dispose")
    Scheduler timer() {
        return Schedulers.newSingle("muster-timer", true);
    }

    @Bean
    NanoClock clock(Scheduler timer) {
        return new TimerClock(timer);
    }

    @Bean
    ServiceCatalogue services(MusterServicesProperties properties, PropagationProperties propagation) {
        return new ServiceCatalogue(properties.services(), propagation.forwardHeaders());
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
    EgressPolicy egressPolicy(
            EgressProperties properties, ServiceCatalogue services, TokenEndpoints tokens, OwnPorts own) {
        return new EgressPolicy(properties, trusted(services.all(), tokens), own);
    }

    /// A configured service's own host and port are allowed as they stand, and those where its token comes from.
    private static Set<Authority> trusted(Collection<Service> services, TokenEndpoints tokens) {
        return Stream.concat(
                        services.stream().flatMap(service -> service.location().baseUrls().stream()),
                        tokens.of(services))
                .map(MusterConfiguration::authority)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static Authority authority(URI baseUrl) {
        return Authority.of(Objects.requireNonNull(HttpUrl.host(baseUrl)), HttpUrl.port(baseUrl));
    }

    /// Takes the place of the one by Spring Boot, whose event loops are Reactor Netty's.
    @Bean
    ReactorResourceFactory resources(TransportProperties loops) {
        var resources = new ReactorResourceFactory();
        resources.setUseGlobalResources(false);
        resources.setLoopResourcesSupplier(() -> new EventLoops(loops));
        resources.setShutdownQuietPeriod(Duration.ZERO);
        return resources;
    }

    @Bean(destroyMethod = "close")
    AddressResolverGroup<InetSocketAddress> names(ReactorResourceFactory resources, ServiceCatalogue services) {
        return new Names(
                resources.getLoopResources(),
                DnsServerAddressStreamProviders.platformDefault(),
                services::isConfigured);
    }

    @Bean
    TokenEndpoints tokenEndpoints(ObjectProvider<ReactiveClientRegistrationRepository> registrations) {
        return new TokenEndpoints(registrations);
    }

    @Bean
    ServiceFilters serviceFilters(
            ListableBeanFactory beans,
            TokenEndpoints tokens,
            EgressPolicy egress,
            ReactorResourceFactory resources,
            AddressResolverGroup<InetSocketAddress> names,
            NanoClock clock) {
        return new ServiceFilters(
                beans,
                tokens,
                () -> TokenClient.create(resources.getLoopResources(), new EgressAddressResolverGroup(egress, names)),
                clock);
    }

    @Bean
    UpstreamClient.Settings upstreamSettings(ResponseProperties responses, PropagationProperties propagation) {
        return new UpstreamClient.Settings(
                Math.toIntExact(responses.maxResponseSize().toBytes()),
                propagation.deadlineHeader(),
                HeapShares.mostHosts());
    }

    @Bean
    UpstreamClient upstreamClient(
            ServiceCatalogue services,
            EgressPolicy egress,
            UpstreamClient.Settings settings,
            ReactorResourceFactory resources,
            AddressResolverGroup<InetSocketAddress> names,
            SslBundles bundles,
            NanoClock clock,
            ServiceFilters filters) {
        var tls = new BundledTls(bundles, services.all());
        return upstreamClient(services, filters::of, egress, settings, resources.getLoopResources(), names, tls, clock);
    }

    private static UpstreamClient upstreamClient(
            ServiceCatalogue services,
            Function<Service, List<ExchangeFilterFunction>> filters,
            EgressPolicy egress,
            UpstreamClient.Settings settings,
            LoopResources loops,
            AddressResolverGroup<InetSocketAddress> names,
            ServiceTls tls,
            NanoClock clock) {
        return new UpstreamClient(
                services.all(), filters, loops, new EgressAddressResolverGroup(egress, names), tls, settings, clock);
    }

    /// Makes clients for other services, that are called as the real ones are.
    @Bean(defaultCandidate = false)
    @Qualifier("clients")
    BiFunction<ServiceCatalogue, EgressPolicy, UpstreamClient> clients(
            UpstreamClient.Settings settings,
            ReactorResourceFactory resources,
            AddressResolverGroup<InetSocketAddress> names,
            NanoClock clock) {
        LoopResources loops = resources.getLoopResources();
        return (services, egress) ->
                upstreamClient(services, _ -> List.of(), egress, settings, loops, names, ServiceTls.OF_JVM, clock);
    }

    @Bean
    WarmUp warmUp(
            @Qualifier("clients") BiFunction<ServiceCatalogue, EgressPolicy, UpstreamClient> clients,
            @Qualifier("entrances") BiFunction<ServiceCatalogue, Fanout, HttpHandler> entrances,
            NettyReactiveWebServerFactory webServer,
            ObjectProvider<UpstreamSimulator> simulator,
            BatchProperties batches,
            CapacityProperties capacity,
            ReactorResourceFactory resources,
            Scheduler timer) {
        return new WarmUp(
                clients,
                entrances,
                webServer,
                simulator.stream()
                        .map(_ -> new WarmUp.Upstream(UpstreamSimulator.server(), UpstreamSimulator.QUICK_PATHS))
                        .findFirst()
                        .orElseGet(WarmUp.Upstream::simple),
                batches,
                capacity,
                resources.getLoopResources(),
                timer);
    }

    @Bean
    Planner planner(
            BatchProperties batches,
            ResponseProperties responses,
            PropagationProperties propagation,
            ServiceCatalogue services) {
        return new Planner(batches, responses, propagation, services);
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
    HeapShares heapShares(CapacityProperties capacity, ServiceCatalogue services) {
        return HeapShares.of(capacity, services.all());
    }

    @Bean
    Caches caches(ServiceCatalogue services, HeapShares shares, NanoClock clock) {
        return new Caches(
                services.all(), shares, new SteadyTime(InstantSource.system().instant(), clock));
    }

    @Bean
    CallPipeline callPipeline(
            EgressPolicy egress,
            Resilience resilience,
            UpstreamClient client,
            ServiceCatalogue services,
            BatchProperties batches,
            Caches caches,
            Scheduler timer,
            NanoClock clock) {
        var health = new UpstreamHealth(batches.timeout());
        return new CallPipeline(egress, resilience, client, services, health, caches, timer, clock);
    }

    @Bean
    AdmissionLimits admissionLimits(
            BatchProperties batches, CapacityProperties capacity, DetachedProperties detached, HeapShares shares) {
        return AdmissionLimits.of(batches, capacity, shares.batchBytes())
                .retaining(RetainedLimits.of(detached, shares.batchBytes()));
    }

    @Bean(initMethod = "open", destroyMethod = "close")
    DetachedBatches detachedBatches(
            DetachedProperties properties, ResponseProperties responses, NanoClock clock, Scheduler timer) {
        var time = new SteadyTime(InstantSource.system().instant(), clock);
        return new DetachedBatches(
                new MemoryStore(properties.retention(), time),
                new BatchWriter(responses.maxJsonDepth(), responses.maxJsonDigits()),
                properties.retention(),
                time,
                timer,
                Schedulers.parallel());
    }

    @Bean
    Fanout fanout(
            CallPipeline pipeline,
            AdmissionLimits limits,
            CallersProperties callers,
            Scheduler timer,
            ReactorResourceFactory resources,
            StalledClients clients,
            ResponseProperties responses,
            BatchListener listener) {
        EventLoopGroup loops = resources.getLoopResources().onServer(LoopResources.DEFAULT_NATIVE);
        var results = new ResultReader(responses.maxJsonDepth(), responses.maxJsonDigits());
        return new Fanout(pipeline, limits, callers, timer, loops, results, new MakeRoom(clients, listener));
    }

    @Bean
    StalledClients stalledClients(ClientProperties clients, NanoClock clock) {
        return new StalledClients(clients.writeTimeout(), clock);
    }

    @Bean
    ClientConnections clientConnections(ClientProperties clients, Scheduler timer) {
        return new ClientConnections(clients.maxClientConnections(), UNUSED_CONNECTIONS_LAST, timer);
    }

    @Bean
    DrainOnStop drainOnStop(Fanout fanout, ClientConnections connections, ClientProperties clients, Scheduler timer) {
        return new DrainOnStop(fanout, connections.drain(), clients.drainTimeout(), timer);
    }
}
