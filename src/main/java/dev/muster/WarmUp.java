package dev.muster;

import dev.muster.call.Caches;
import dev.muster.call.CallPipeline;
import dev.muster.call.UpstreamClient;
import dev.muster.call.UpstreamHealth;
import dev.muster.egress.Authority;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.egress.OwnPorts;
import dev.muster.fanout.Fanout;
import dev.muster.observability.BatchMeters;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallersProperties;
import dev.muster.plan.GatewayProperties;
import dev.muster.plan.HeapShares;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.plan.SteadyTime;
import dev.muster.request.BatchReader;
import dev.muster.request.StrategyName;
import dev.muster.resilience.Resilience;
import dev.muster.response.BatchWriter;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceProperties;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/// Runs a few batches before the port opens, against an upstream of its own on loopback.
///
/// The classes of a call take some 300 ms to load on first use, on the very event loops that the first batch's
/// deadlines are waited for on: without this, a new instance times calls out whose upstreams are well.
///
/// It goes on until each strategy's batch is answered within the shortest of the default budgets. More would delay
/// the start only: on two processors every further batch competes with the compilers. An instance that cannot do it,
/// because its limits are too narrow or its machine is too busy, starts all the same.
final class WarmUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private static final int MOST_BATCHES = 40;
    private static final int CALLS = 20;
    /// As `connect-timeout` is by default, the shortest of the budgets.
    private static final Duration SOON_ENOUGH = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final byte[] ANSWER = "{\"warm\": true}".getBytes(StandardCharsets.US_ASCII);

    /// Before the web server starts, which marks the instance as ready.
    private static final int PHASE = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 2;

    private final BiFunction<ServiceCatalogue, EgressPolicy, UpstreamClient> clients;
    private final GatewayProperties gateway;
    private final LoopResources loops;
    private final Scheduler timer;
    private volatile boolean running;
    private boolean warm;

    /// @param clients makes a client for a catalogue and a policy, as the real one is made
    WarmUp(
            BiFunction<ServiceCatalogue, EgressPolicy, UpstreamClient> clients,
            GatewayProperties gateway,
            LoopResources loops,
            Scheduler timer) {
        this.clients = clients;
        this.gateway = gateway;
        this.loops = loops;
        this.timer = timer;
    }

    @Override
    public void start() {
        running = true;
        if (!warm) {
            warm = true;
            try {
                warmUp();
            } catch (RuntimeException e) {
                log.warn("Starts without having been warmed up: {}", e.toString());
            }
        }
    }

    private void warmUp() {
        DisposableServer upstream = HttpServer.create()
                .host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .runOn(loops)
                .handle((_, response) ->
                        response.header("content-type", "application/json").sendByteArray(Mono.just(ANSWER)))
                .bindNow(PATIENCE);
        try {
            runBatches(upstream.host(), upstream.port());
        } finally {
            upstream.disposeNow(PATIENCE);
        }
    }

    private void runBatches(String host, int port) {
        var services = new ServiceCatalogue(
                Map.of("warm-up", ServiceProperties.at(URI.create("http://%s:%d".formatted(host, port)))));
        var egress = new EgressPolicy(
                new EgressProperties(List.of(), List.of(), List.of()),
                Set.of(Authority.of(host, port)),
                new OwnPorts());
        NanoClock clock = () -> timer.now(TimeUnit.NANOSECONDS);
        try (UpstreamClient client = clients.apply(services, egress)) {
            var resilience = new Resilience(services.all(), Resilience.Registries.ofDefaults(), clock::nanos);
            var caches = new Caches(
                    services.all(), HeapShares.of(gateway, services.all()), new SteadyTime(Instant.EPOCH, clock));
            var health = new UpstreamHealth(gateway.timeout());
            var pipeline = new CallPipeline(egress, resilience, client, services, health, caches, timer, clock);
            var meters = new BatchMeters(services.all(), new SimpleMeterRegistry());
            var fanout = new Fanout(pipeline, gateway, new CallersProperties(Map.of()), timer, List.of(), meters);
            var reader = new BatchReader(CALLS, services.callableNames());
            var planner = new Planner(gateway, services);
            StrategyName[] strategies = StrategyName.values();
            int soonEnough = 0;
            for (int i = 0; i < MOST_BATCHES && soonEnough < strategies.length; i++) {
                byte[] document = batch(strategies[i % strategies.length], "https://%s:%d/".formatted(host, port));
                long startedAt = clock.nanos();
                var upload = fanout.upload(BatchPlan.ANONYMOUS);
                var plan = planner.plan(
                        new UUID(0, 0), reader.read(document, upload), startedAt, null, BatchPlan.ANONYMOUS, Map.of());
                var batch = fanout.admit(plan, upload);
                batch.document()
                        .doOnNext(results ->
                                BatchWriter.writeBatch(OutputStream.nullOutputStream(), batch.summary(), results))
                        .block(PATIENCE);
                upload.dispose();
                soonEnough = clock.nanos() - startedAt <= SOON_ENOUGH.toNanos() ? soonEnough + 1 : 0;
            }
        }
    }

    /// @param secureUrl where no TLS is spoken: the handshake fails, and has its classes loaded
    private static byte[] batch(StrategyName strategy, String secureUrl) {
        String call = "{\"service\": \"warm-up\", \"path\": \"/\", \"headers\": {\"x-a\": \"b\"}}";
        return "{\"strategy\": \"%s\", \"requests\": [\"%s\", %s]}"
                .formatted(strategy.wireName(), secureUrl, String.join(",", Collections.nCopies(CALLS - 1, call)))
                .getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
