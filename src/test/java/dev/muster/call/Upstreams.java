package dev.muster.call;

import dev.muster.egress.Authority;
import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.egress.OwnPorts;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.HeapShares;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Resilience;
import dev.muster.service.CallProperties;
import dev.muster.service.ConnectionProperties;
import dev.muster.service.LocationProperties;
import dev.muster.service.PoolProperties;
import dev.muster.service.Protocol;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceEntries;
import dev.muster.service.ServiceProperties;
import dev.muster.upstream.ByteBudget;
import dev.muster.upstream.PoolUsage;
import dev.muster.upstream.ServiceTls;
import dev.muster.upstream.UpstreamClient;
import dev.muster.upstream.UpstreamRequest;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/// The real pipeline over the real client, with loopback allowed: what a test calls upstreams with.
///
/// Names that end in `.test` resolve to loopback, no other name resolves, and nothing is asked of the network.
public final class Upstreams implements AutoCloseable {

    public static final Duration BOUND = Duration.ofSeconds(10);

    private static final int LOOPS = 2;

    private final LoopResources loops;
    private final UpstreamClient client;
    private final ServiceCatalogue services;
    private final CallPipeline pipeline;
    private final NanoClock clock;

    private Upstreams(Builder settings) {
        this.loops = LoopResources.create("test", LOOPS, true);
        this.clock = settings.clock;
        Map<String, ServiceProperties> entries = new LinkedHashMap<>();
        entries.put(ServiceCatalogue.DEFAULT, settings.properties(null, settings.protocol));
        settings.others.forEach(
                (name, other) -> entries.put(name, settings.properties(other.baseUrl(), other.protocol())));
        this.services = new ServiceCatalogue(entries);
        var policy = new EgressPolicy(
                new EgressProperties(settings.allow, List.of(), List.of("*")), settings.trusted, new OwnPorts());
        this.client = new UpstreamClient(
                services.all(),
                settings.filters,
                loops,
                new EgressAddressResolverGroup(policy, new Names(settings.onResolve)),
                ServiceTls.OF_JVM,
                new UpstreamClient.Settings(settings.maxResponseBytes, "x-deadline-ms", settings.mostHosts),
                clock);
        var resilience = new Resilience(services.all(), settings.registries, clock::nanos);
        var caches = new Caches(services.all(), new HeapShares(0, 0, 0, 0), InstantSource.system());
        var health = new UpstreamHealth(Duration.ofMinutes(1));
        this.pipeline =
                new CallPipeline(policy, resilience, client, services, health, caches, Schedulers.parallel(), clock);
    }

    public static Builder with() {
        return new Builder();
    }

    public static Upstreams open() {
        return with().open();
    }

    public CallPipeline pipeline() {
        return pipeline;
    }

    public Service service() {
        return services.named(ServiceCatalogue.DEFAULT);
    }

    public Service service(String name) {
        return services.named(name);
    }

    public NanoClock clock() {
        return clock;
    }

    /// Makes the call and waits for its outcome.
    public CallOutcome call(CallPlans call) {
        CallPlan plan = call.build();
        return Objects.requireNonNull(make(plan, live(plan)).block(BOUND));
    }

    public Mono<CallOutcome> make(CallPlan call, LiveCall live) {
        return pipeline.call(call, live);
    }

    /// The exchange of a call by itself, without what is before it.
    public Mono<UpstreamResponse> exchange(CallPlan call) {
        return client.exchange(UpstreamRequest.of(call, null), live(call).begin(null, clock));
    }

    /// Begins the call on an event loop, as a batch does.
    public CompletableFuture<@Nullable CallOutcome> begin(CallPlan call, LiveCall live) {
        return make(call, live)
                .subscribeOn(Schedulers.fromExecutor(loops.onClient(true).next()))
                .toFuture();
    }

    /// The state of a call within a batch that has a minute and plenty of bytes left.
    public LiveCall live(CallPlan call) {
        return live(call, new ByteBudget(Long.MAX_VALUE, new MemoryOf(Long.MAX_VALUE)));
    }

    public LiveCall live(CallPlan call, ByteBudget bytes) {
        long now = clock.nanos();
        Deadline batch = Deadline.after(now, Layer.GATEWAY, Duration.ofMinutes(1));
        return new LiveCall(call.deadline(now, batch), 0, now, new BatchScope(batch, bytes, null));
    }

    /// Keeps every event loop from its sockets until `free` is opened.
    void occupyLoops(CountDownLatch free) throws InterruptedException {
        var occupied = new CountDownLatch(LOOPS);
        loops.onServer(true)
                .forEach(loop -> loop.execute(() -> {
                    occupied.countDown();
                    try {
                        free.await();
                    } catch (InterruptedException interrupted) {
                        Thread.currentThread().interrupt();
                    }
                }));
        occupied.await();
    }

    public long poolsReplaced() {
        return client.poolsReplaced(service());
    }

    /// What `live` is waiting for.
    public static Phase phase(LiveCall live) {
        return live.phase();
    }

    public PoolUsage usage() {
        return client.poolUsage(service());
    }

    /// Closes every connection.
    public void closeConnections() {
        client.close();
    }

    @Override
    public void close() {
        closeConnections();
        loops.disposeLater(Duration.ZERO, BOUND).block(BOUND);
    }

    private record Other(@Nullable URI baseUrl, Protocol protocol) {}

    public static final class Builder {

        private Duration timeout = Duration.ofSeconds(30);
        private Duration connectTimeout = Duration.ofSeconds(10);
        private boolean compression = true;
        private Protocol protocol = Protocol.HTTP1;
        private int maxConnections = 500;
        private int maxPending = 1_000;
        private int maxStreams = 100;
        private int maxResponseBytes = 1 << 20;
        private int mostHosts = 1_000;
        private List<String> allow = List.of("127.0.0.0/8", "*.test");
        private Set<Authority> trusted = Set.of();
        private Resilience.Registries registries = Resilience.Registries.ofDefaults();
        private NanoClock clock = System::nanoTime;
        private Function<Service, List<ExchangeFilterFunction>> filters = _ -> List.of();
        private Consumer<String> onResolve = _ -> {};
        private final Map<String, Other> others = new LinkedHashMap<>();

        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        public Builder connectTimeout(Duration connectTimeout) {
            this.connectTimeout = connectTimeout;
            return this;
        }

        public Builder compression(boolean compression) {
            this.compression = compression;
            return this;
        }

        public Builder protocol(Protocol protocol) {
            this.protocol = protocol;
            return this;
        }

        public Builder maxConnections(int maxConnections) {
            this.maxConnections = maxConnections;
            return this;
        }

        public Builder maxPending(int maxPending) {
            this.maxPending = maxPending;
            return this;
        }

        public Builder maxStreams(int maxStreams) {
            this.maxStreams = maxStreams;
            return this;
        }

        public Builder maxResponseBytes(int maxResponseBytes) {
            this.maxResponseBytes = maxResponseBytes;
            return this;
        }

        public Builder mostHosts(int mostHosts) {
            this.mostHosts = mostHosts;
            return this;
        }

        /// Allows nothing but exactly this authority.
        public Builder trustOnly(String host, int port) {
            this.allow = List.of();
            this.trusted = Set.of(Authority.of(host, port));
            return this;
        }

        public Builder registries(Resilience.Registries registries) {
            this.registries = registries;
            return this;
        }

        public Builder clock(NanoClock clock) {
            this.clock = clock;
            return this;
        }

        /// Of every service.
        public Builder filters(ExchangeFilterFunction... filters) {
            return filters(_ -> List.of(filters));
        }

        public Builder filters(Function<Service, List<ExchangeFilterFunction>> filters) {
            this.filters = filters;
            return this;
        }

        /// Runs `onResolve` when a name is to be resolved, on the thread that asks for it.
        public Builder onResolve(Consumer<String> onResolve) {
            this.onResolve = onResolve;
            return this;
        }

        /// Adds a service next to the default one.
        public Builder service(String name, URI baseUrl, Protocol protocol) {
            others.put(name, new Other(baseUrl, protocol));
            return this;
        }

        public Upstreams open() {
            return new Upstreams(this);
        }

        private ServiceProperties properties(@Nullable URI baseUrl, Protocol spoken) {
            ServiceProperties nothing = ServiceEntries.entry();
            return new ServiceProperties(
                    new LocationProperties(baseUrl, null, List.of(), null),
                    new CallProperties(timeout, false, 0, compression, null),
                    new ConnectionProperties(spoken, connectTimeout, null),
                    new PoolProperties(
                            maxConnections, maxPending, Duration.ofMinutes(1), Duration.ofMinutes(5), maxStreams),
                    nothing.hosts(),
                    nothing.resilience(),
                    nothing.reuse());
        }
    }

    private static final class Names extends AddressResolverGroup<InetSocketAddress> {

        private final Consumer<String> onResolve;

        Names(Consumer<String> onResolve) {
            this.onResolve = onResolve;
        }

        @Override
        protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
            return new Resolver(executor, onResolve).asAddressResolver();
        }
    }

    private static final class Resolver extends InetNameResolver {

        private final Consumer<String> onResolve;

        Resolver(EventExecutor executor, Consumer<String> onResolve) {
            super(executor);
            this.onResolve = onResolve;
        }

        @Override
        protected void doResolve(String name, Promise<InetAddress> promise) {
            onResolve.accept(name);
            if (name.endsWith(".test")) {
                promise.setSuccess(InetAddress.ofLiteral("127.0.0.1"));
            } else {
                promise.setFailure(new UnknownHostException(name));
            }
        }

        @Override
        protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
            onResolve.accept(name);
            if (name.endsWith(".test")) {
                promise.setSuccess(List.of(InetAddress.ofLiteral("127.0.0.1")));
            } else {
                promise.setFailure(new UnknownHostException(name));
            }
        }
    }
}
