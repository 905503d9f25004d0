package dev.muster.lifecycle;

import dev.muster.admission.AdmissionLimits;
import dev.muster.admission.CallersProperties;
import dev.muster.call.Caches;
import dev.muster.call.CallPipeline;
import dev.muster.call.UpstreamHealth;
import dev.muster.egress.Authority;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressProperties;
import dev.muster.egress.OwnPorts;
import dev.muster.fanout.Fanout;
import dev.muster.fanout.TimerClock;
import dev.muster.observability.BatchMeters;
import dev.muster.plan.BatchProperties;
import dev.muster.plan.CapacityProperties;
import dev.muster.plan.HeapShares;
import dev.muster.plan.NanoClock;
import dev.muster.plan.SteadyTime;
import dev.muster.request.StrategyName;
import dev.muster.resilience.Resilience;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceProperties;
import dev.muster.upstream.UpstreamClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/// Answers a few batches before the port opens, each over a connection of its own: by a server on loopback that is made
/// as the real one is, of calls to an upstream there.
///
/// The classes of a batch and its calls are loaded on first use, on the very event loops that the first batch's
/// deadlines are waited for on. That takes longer than a usual deadline: without this, a new instance times calls out
/// whose upstreams are well.
///
/// What is warmed is the code; all that remembers anything is made for this and thrown away: resilience, caches,
/// connections, meters. Who finds the server while it is there can call nothing but its upstream.
///
/// It goes on until each strategy's batch is answered within the shortest of the default budgets. More would delay
/// the start only: on two processors every further batch competes with the compilers. An instance that cannot do it,
/// because its limits are too narrow or its machine is too busy, starts all the same.
public final class WarmUp implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

    private static final int MOST_BATCHES = 40;
    private static final int CALLS = 10;
    /// As `connect-timeout` is by default, the shortest of the budgets.
    private static final Duration SOON_ENOUGH = Duration.ofMillis(100);
    private static final Duration MOST_TIME = Duration.ofSeconds(5);
    private static final String SERVICE = "warm-up";
    private static final List<String> ANSWERS =
            List.of("application/json", "text/event-stream", "application/x-ndjson");

    /// Before the web server starts, which marks the instance as ready.
    private static final int PHASE = WebServerApplicationContext.START_STOP_LIFECYCLE_PHASE - 2;

    private final BiFunction<ServiceCatalogue, EgressPolicy, UpstreamClient> clients;
    private final BiFunction<ServiceCatalogue, Fanout, HttpHandler> entrances;
    private final NettyReactiveWebServerFactory webServer;
    private final Upstream upstream;
    private final BatchProperties batches;
    private final CapacityProperties capacity;
    private final LoopResources loops;
    private final Scheduler timer;
    private final NanoClock clock;
    private volatile boolean running;
    private boolean warm;

    /// What the calls go to.
    ///
    /// @param paths what is asked for there, in turn
    public record Upstream(HttpServer server, List<String> paths) {

        /// One that always answers the same.
        public static Upstream simple() {
            byte[] answer = "{\"warm\": true}".getBytes(StandardCharsets.US_ASCII);
            return new Upstream(
                    HttpServer.create()
                            .handle((_, response) -> response.header("content-type", "application/json")
                                    .sendByteArray(Mono.just(answer))),
                    List.of("/"));
        }
    }

    /// @param clients   makes a client for a catalogue and a policy, as the real one is made
    /// @param entrances makes what answers requests by a fanout, as the real one is made
    /// @param webServer makes the real server
    public WarmUp(
            BiFunction<ServiceCatalogue, EgressPolicy, UpstreamClient> clients,
            BiFunction<ServiceCatalogue, Fanout, HttpHandler> entrances,
            NettyReactiveWebServerFactory webServer,
            Upstream upstream,
            BatchProperties batches,
            CapacityProperties capacity,
            LoopResources loops,
            Scheduler timer) {
        this.clients = clients;
        this.entrances = entrances;
        this.webServer = webServer;
        this.upstream = upstream;
        this.batches = batches;
        this.capacity = capacity;
        this.loops = loops;
        this.timer = timer;
        this.clock = new TimerClock(timer);
    }

    @Override
    public void start() {
        running = true;
        if (!warm) {
            warm = true;
            try {
                warmUp();
            } catch (SocketTimeoutException tooBusy) {
                log.debug("Starts without being warm", tooBusy);
            } catch (IOException | RuntimeException e) {
                log.warn("Starts without having been warmed up: {}", e.toString());
            }
        }
    }

    private void warmUp() throws IOException {
        long untilNanos = clock.nanos() + MOST_TIME.toNanos();
        DisposableServer called = bind(upstream.server());
        try {
            answerBatches(called, untilNanos);
        } finally {
            called.disposeNow(MOST_TIME);
        }
    }

    private DisposableServer bind(HttpServer server) {
        return server.host(InetAddress.getLoopbackAddress().getHostAddress())
                .port(0)
                .runOn(loops)
                .bindNow(MOST_TIME);
    }

    private void answerBatches(DisposableServer called, long untilNanos) throws IOException {
        String host = called.host();
        int port = called.port();
        var services = new ServiceCatalogue(
                Map.of(SERVICE, ServiceProperties.at(URI.create("http://%s:%d".formatted(host, port)))));
        var egress = new EgressPolicy(
                new EgressProperties(List.of(), List.of(), List.of()),
                Set.of(Authority.of(host, port)),
                new OwnPorts());
        try (UpstreamClient client = clients.apply(services, egress)) {
            DisposableServer entrance = bind(entrance(services, fanout(services, egress, client)));
            try {
                var address = new InetSocketAddress(entrance.host(), entrance.port());
                sendBatches(address, "https://%s:%d/".formatted(host, port), untilNanos);
            } finally {
                entrance.disposeNow(MOST_TIME);
            }
        }
    }

    private Fanout fanout(ServiceCatalogue services, EgressPolicy egress, UpstreamClient client) {
        var resilience = new Resilience(services.all(), Resilience.Registries.ofDefaults(), clock::nanos);
        HeapShares shares = HeapShares.of(capacity, services.all());
        var caches = new Caches(services.all(), shares, new SteadyTime(Instant.EPOCH, clock));
        var health = new UpstreamHealth(batches.timeout());
        var pipeline = new CallPipeline(egress, resilience, client, services, health, caches, timer, clock);
        var meters = new BatchMeters(services.all(), new SimpleMeterRegistry());
        return new Fanout(
                pipeline,
                AdmissionLimits.of(batches, capacity, shares.batchBytes()),
                new CallersProperties(Map.of()),
                timer,
                loops.onServer(LoopResources.DEFAULT_NATIVE),
                meters);
    }

    private HttpServer entrance(ServiceCatalogue services, Fanout fanout) {
        HttpServer server =
                HttpServer.create().handle(new ReactorHttpHandlerAdapter(entrances.apply(services, fanout)));
        for (NettyServerCustomizer customizer : webServer.getServerCustomizers()) {
            server = customizer.apply(server);
        }
        return server;
    }

    /// @param secureUrl  where no TLS is spoken: the handshake fails, and has its classes loaded
    /// @param untilNanos when it is over, however it stands
    private void sendBatches(InetSocketAddress entrance, String secureUrl, long untilNanos) throws IOException {
        StrategyName[] strategies = StrategyName.values();
        int soonEnough = 0;
        for (int i = 0; i < MOST_BATCHES && soonEnough < strategies.length; i++) {
            String batch = batch(strategies[i % strategies.length], i == 0 ? Stream.of(secureUrl) : Stream.empty());
            byte[] request = request(entrance, ANSWERS.get(i % ANSWERS.size()), batch);
            long startedAt = clock.nanos();
            send(entrance, request, untilNanos);
            soonEnough = clock.nanos() - startedAt <= SOON_ENOUGH.toNanos() ? soonEnough + 1 : 0;
        }
    }

    private String batch(StrategyName strategy, Stream<String> urls) {
        List<String> paths = upstream.paths();
        Stream<String> calls = IntStream.range(0, CALLS)
                .mapToObj(i -> "{\"id\": \"c%d\", \"service\": \"%s\", \"path\": \"%s\", \"headers\": {\"x-a\": \"b\"}}"
                        .formatted(i, SERVICE, paths.get(i % paths.size())));
        return Stream.concat(urls.map("\"%s\""::formatted), calls)
                .limit(batches.maxRequests())
                .collect(Collectors.joining(
                        ",", "{\"strategy\": \"%s\", \"requests\": [".formatted(strategy.wireName()), "]}"));
    }

    private static byte[] request(InetSocketAddress entrance, String accept, String batch) {
        return """
                POST /batches HTTP/1.1\r
                Host: %s:%d\r
                Accept: %s\r
                Content-Type: application/json\r
                Content-Length: %d\r
                Connection: close\r
                \r
                %s""".formatted(entrance.getHostString(), entrance.getPort(), accept, batch.length(), batch)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /// @throws SocketTimeoutException if the answer has not ended by then
    private void send(InetSocketAddress entrance, byte[] request, long untilNanos) throws IOException {
        byte[] piece = new byte[8 << 10];
        try (var socket = new Socket()) {
            socket.connect(entrance, millisUntil(untilNanos));
            socket.getOutputStream().write(request);
            InputStream answer = socket.getInputStream();
            do {
                socket.setSoTimeout(millisUntil(untilNanos));
            } while (answer.read(piece) >= 0);
        }
    }

    private int millisUntil(long untilNanos) {
        // To the sockets, 0 is for ever.
        return (int) Math.max(1, TimeUnit.NANOSECONDS.toMillis(untilNanos - clock.nanos()));
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
