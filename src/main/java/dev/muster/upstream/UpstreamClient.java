package dev.muster.upstream;

import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.NanoClock;
import dev.muster.service.PoolSettings;
import dev.muster.service.Protocol;
import dev.muster.service.Service;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.springframework.http.HttpMethod;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

/// Sends one request and gathers its response, through the [WebClient] of its service.
///
/// Each service has one, built once, over one client and pool for each of its hosts. Between the two are the filters of
/// the service.
public final class UpstreamClient implements AutoCloseable {

    private static final Duration POOLS_ARE_LOOKED_AT = Duration.ofMillis(500);
    /// The longest that a name that has an address is looked up for, and some to spare.
    private static final Duration NAME_IS_RESOLVED = Duration.ofSeconds(3);
    /// What filters answer with themselves, Muster reads as bytes.
    private static final ExchangeStrategies NO_CODECS =
            ExchangeStrategies.empty().build();

    private final Map<String, OfService> services = new HashMap<>();
    private final HttpClients clients;
    private final Settings settings;

    /// What holds for every service.
    ///
    /// @param maxResponseBytes most bytes of a response body, compressed and decompressed
    /// @param deadlineHeader   the header that tells an upstream the milliseconds left
    /// @param mostHosts        most hosts of a service whose pools are kept while no call uses them
    public record Settings(int maxResponseBytes, String deadlineHeader, int mostHosts) {}

    private record OfService(WebClient web, HostPools pools) {}

    /// @param filters  of each service, outermost first
    /// @param loops    the event loops, shared with the server so that a call stays on the loop that took its batch
    /// @param resolver resolves names and refuses addresses; every connection passes it
    /// @param tls      the certificates of each service; after a change, calls open connections with the new ones,
    ///                 and those under way end on theirs
    public UpstreamClient(
            Iterable<Service> services,
            Function<Service, List<ExchangeFilterFunction>> filters,
            LoopResources loops,
            EgressAddressResolverGroup resolver,
            ServiceTls tls,
            Settings settings,
            NanoClock clock) {
        this.clients = new HttpClients(loops, resolver, clock);
        this.settings = settings;
        for (Service service : services) {
            var pools = new HostPools(
                    service.name(),
                    settings.mostHosts(),
                    mostTimesOutOfOrder(service),
                    clock,
                    (secure, address, now) -> clients.open(service, secure, address, now));
            clients.certify(service, tls);
            tls.onChange(service, () -> {
                clients.certify(service, tls);
                pools.renewSecure();
            });
            var wire = new Wire(service, pools, settings, clock);
            this.services.put(service.name(), new OfService(webClient(wire, filters.apply(service)), pools));
        }
        clients.repeat(
                () -> this.services.values().forEach(service -> service.pools().tidy()), POOLS_ARE_LOOKED_AT);
    }

    private static WebClient webClient(Wire wire, List<ExchangeFilterFunction> filters) {
        WebClient.Builder web = WebClient.builder().exchangeFunction(wire).exchangeStrategies(NO_CODECS);
        if (!filters.isEmpty()) {
            web.filter(UpstreamClient::guard).filters(all -> all.addAll(filters));
        }
        return web.build();
    }

    /// What filters do is told from what the upstream does.
    private static Mono<ClientResponse> guard(ClientRequest request, ExchangeFunction filters) {
        return Mono.defer(() -> filters.exchange(request))
                .switchIfEmpty(Mono.error(() -> new FilterException("gave no response")))
                .onErrorMap(OutboundCall.of(request)::cause);
    }

    /// Within so many looks a connection is open, or is not going to be.
    private static int mostTimesOutOfOrder(Service service) {
        Duration toOpen =
                NAME_IS_RESOLVED.plus(service.connections().connectTimeout().multipliedBy(2));
        return Math.toIntExact(toOpen.dividedBy(POOLS_ARE_LOOKED_AT)) + 1;
    }

    /// Sends `request` and gathers the response, whatever its status.
    ///
    /// The result is an error if there is no complete response. Cancelling it closes an HTTP/1.1 connection and
    /// resets an HTTP/2 stream; once bytes have left, that is to be done on the event loop of the connection. The
    /// connection is back in its pool only after [ExchangeContext#afterRelease].
    ///
    /// @param attempt follows the exchange through its phases
    public Mono<UpstreamResponse> exchange(UpstreamRequest request, ExchangeContext attempt) {
        var call = new OutboundCall(request, attempt);
        return call.describe(of(request.service())
                        .web()
                        .method(HttpMethod.valueOf(request.message().method()))
                        .uri(request.uri()))
                .exchangeToMono(response -> collected(response, call));
    }

    /// A filter may have answered itself.
    private Mono<UpstreamResponse> collected(ClientResponse response, OutboundCall call) {
        return response instanceof CollectedResponse complete
                ? Mono.just(complete.received())
                : call.collect(response, settings.maxResponseBytes()).onErrorMap(call::cause);
    }

    /// How the connections to `service` stand now, over all its hosts.
    public PoolUsage poolUsage(Service service) {
        return pools(service).usage();
    }

    /// How many pools of `service` handed out nothing while they had room, and were replaced.
    public long poolsReplaced(Service service) {
        return pools(service).replaced();
    }

    /// Whether so many calls more of `service` would have their connections in time: none waits for one now, or
    /// those that do are few enough, and likely to be through in half of the service's timeout.
    ///
    /// Always for the service of arbitrary URLs, whose hosts have nothing to do with each other.
    public boolean hasRoom(Service service, int calls) {
        if (service.location().baseUrls().isEmpty()) {
            return true;
        }
        HostPools all = pools(service);
        PoolUsage usage = all.usage();
        if (usage.pending() == 0) {
            return true;
        }
        PoolSettings pool = service.pool();
        // Pools come and go while they are counted.
        long hosts = Math.max(1, usage.hosts());
        long streams = service.connections().protocol() == Protocol.HTTP1 ? 1 : pool.maxStreams();
        long waiting = (long) usage.pending() + calls;
        return waiting <= pool.maxPending() * hosts
                && waiting * all.held().value() / (pool.maxConnections() * hosts * streams)
                        <= service.calls().timeout().toNanos() / 2;
    }

    /// How many bytes a response of `service` has on average, its head included; 0 before the first, and always for the
    /// service of arbitrary URLs: what one caller fetches says nothing of what another does.
    public long expectedBytes(Service service) {
        return service.location().baseUrls().isEmpty()
                ? 0
                : pools(service).responses().value();
    }

    /// Most bytes of a response body.
    public int maxResponseBytes() {
        return settings.maxResponseBytes();
    }

    /// Notes that a call of `service` held a connection for so long.
    public void held(Service service, long nanos) {
        pools(service).held().add(nanos);
    }

    private HostPools pools(Service service) {
        return of(service).pools();
    }

    private OfService of(Service service) {
        return Objects.requireNonNull(services.get(service.name()));
    }

    /// Closes every connection.
    @Override
    public void close() {
        clients.close();
        services.values().forEach(service -> service.pools().dispose());
    }
}
