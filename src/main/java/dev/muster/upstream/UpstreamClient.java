package dev.muster.upstream;

import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.outcome.Phase;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.NanoClock;
import dev.muster.request.RequestBody;
import dev.muster.service.PoolSettings;
import dev.muster.service.Protocol;
import dev.muster.service.Service;
import dev.muster.url.HttpUrl;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.NettyOutbound;
import reactor.netty.NettyPipeline;
import reactor.netty.ReactorNetty;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.Http2AllocationStrategy;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.SslProvider;
import reactor.util.context.ContextView;

/// Sends one request and gathers its response.
///
/// It uses Reactor Netty's `HttpClient` itself, not `WebClient`: that costs a third less CPU and 6 KB less garbage per
/// call, and gives the moments at which a call changes its phase.
///
/// There is one client and one pool for each host of a service, built once: Reactor Netty finds a pool by the client's
/// settings, so that settings made per call would make a pool per call.
public final class UpstreamClient implements AutoCloseable {

    private static final String USER_AGENT = "muster";
    static final int MAX_HEADER_BYTES = 32 * 1024;
    static final int MAX_STATUS_LINE_BYTES = 4 * 1024;
    private static final Duration POOLS_ARE_LOOKED_AT = Duration.ofMillis(500);
    /// The longest that a name that has an address is looked up for, and some to spare.
    private static final Duration NAME_IS_RESOLVED = Duration.ofSeconds(3);
    /// Of one request that HTTP/2 connections do not take, one after the other.
    static final int MOST_RESENDS = 3;
    private static final Duration WAITS_PRECISION = Duration.ofMillis(20);

    private final Map<String, HostPools> pools = new HashMap<>();
    private final Map<String, SslProvider> certificates = new ConcurrentHashMap<>();
    /// Ends the waits for a connection, which a call that has expired leaves behind in the pool. A wheel, because
    /// it is set and cancelled for every call that waits: the library's own timer took 8 % of the CPU at full load.
    private final Timer waits = new HashedWheelTimer(
            new DefaultThreadFactory("muster-pool-waits", true), WAITS_PRECISION.toMillis(), TimeUnit.MILLISECONDS);
    private final ConnectPacer pacer = new ConnectPacer(
            waiting -> mark(waiting.channel(), ExchangeContext::acquiring),
            connecting -> mark(connecting.channel(), ExchangeContext::connecting));
    private final LoopResources loops;
    private final EgressAddressResolverGroup resolver;
    private final Settings settings;
    private final NanoClock clock;

    /// What holds for every service.
    ///
    /// @param maxResponseBytes most bytes of a response body, compressed and decompressed
    /// @param deadlineHeader   the header that tells an upstream the milliseconds left
    /// @param mostHosts        most hosts of a service whose pools are kept while no call uses them
    public record Settings(int maxResponseBytes, String deadlineHeader, int mostHosts) {}

    /// @param loops    the event loops, shared with the server so that a call stays on the loop that took its batch
    /// @param resolver resolves names and refuses addresses; every connection passes it
    /// @param tls      the certificates of each service; after a change, calls open connections with the new ones,
    ///                 and those under way end on theirs
    public UpstreamClient(
            Iterable<Service> services,
            LoopResources loops,
            EgressAddressResolverGroup resolver,
            ServiceTls tls,
            Settings settings,
            NanoClock clock) {
        this.loops = loops;
        this.resolver = resolver;
        this.settings = settings;
        this.clock = clock;
        for (Service service : services) {
            var ofService = new HostPools(
                    service.name(),
                    settings.mostHosts(),
                    mostTimesOutOfOrder(service),
                    clock,
                    (secure, address, now) -> open(service, secure, address, now));
            pools.put(service.name(), ofService);
            certificates.put(service.name(), certificates(service, tls));
            tls.onChange(service, () -> {
                certificates.put(service.name(), certificates(service, tls));
                ofService.renewSecure();
            });
        }
        lookAtPoolsAgain();
    }

    /// Within so many looks a connection is open, or is not going to be.
    private static int mostTimesOutOfOrder(Service service) {
        Duration toOpen = NAME_IS_RESOLVED.plus(service.connectTimeout().multipliedBy(2));
        return Math.toIntExact(toOpen.dividedBy(POOLS_ARE_LOOKED_AT)) + 1;
    }

    private HostPool open(Service service, boolean secure, SocketAddress address, long nowNanos) {
        return new HostPool(
                address,
                service.pool().maxConnections(),
                nowNanos,
                pool -> provider(service, pool),
                (pool, provider) -> client(service, pool, provider, secure));
    }

    private void lookAtPoolsAgain() {
        var _ = waits.newTimeout(
                _ -> {
                    try {
                        pools.values().forEach(HostPools::tidy);
                    } finally {
                        lookAtPoolsAgain();
                    }
                },
                POOLS_ARE_LOOKED_AT.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private static SslProvider certificates(Service service, ServiceTls tls) {
        var context = tls(service);
        context.configure(builder -> tls.configure(service, builder));
        return SslProvider.builder()
                .sslContext(context)
                .handshakeTimeout(service.connectTimeout())
                .build();
    }

    /// Sends `request` and gathers the response, whatever its status.
    ///
    /// The result is an error if there is no complete response. Cancelling it closes an HTTP/1.1 connection and
    /// resets an HTTP/2 stream; once bytes have left, that is to be done on the event loop of the connection.
    /// The connection is back in its pool only after [ExchangeContext#afterRelease].
    ///
    /// @param attempt follows the exchange through its phases
    public Mono<UpstreamResponse> exchange(UpstreamRequest request, ExchangeContext attempt) {
        return request.service().protocol() == Protocol.HTTP1
                ? exchangeOnce(request, attempt)
                : exchange(request, attempt, MOST_RESENDS);
    }

    /// Sends a request again that an HTTP/2 connection did not take: the upstream has not processed it.
    private Mono<UpstreamResponse> exchange(UpstreamRequest request, ExchangeContext attempt, int resends) {
        Mono<UpstreamResponse> exchange = exchangeOnce(request, attempt);
        return resends == 0
                ? exchange
                : exchange.onErrorResume(
                        failure -> isNotProcessed(attempt, failure),
                        _ -> Mono.<Void>create(released -> attempt.afterRelease(released::success))
                                .then(Mono.defer(() -> {
                                    attempt.acquiring();
                                    return exchange(request, attempt, resends - 1);
                                })));
    }

    private static boolean isNotProcessed(ExchangeContext attempt, Throwable failure) {
        return failure instanceof NotProcessedException
                // From Reactor Netty's pool, when two connections in turn took no more streams just then.
                || (failure.getClass() == IOException.class && attempt.phase() == Phase.ACQUIRE);
    }

    /// The pool is taken for each subscription, not before: a call that is never begun would keep it for ever.
    private Mono<UpstreamResponse> exchangeOnce(UpstreamRequest request, ExchangeContext attempt) {
        return Mono.using(
                () -> pools(request.service()).enter(request.uri()),
                pool -> exchangeOnce(request, attempt, pool),
                HostPool::leave,
                false);
    }

    private Mono<UpstreamResponse> exchangeOnce(UpstreamRequest request, ExchangeContext attempt, HostPool pool) {
        var bytes = new ResponseBytes(attempt.bytes());
        attempt.expects(bytes);
        HttpClient.RequestSender sender = pool.client().request(HttpMethod.valueOf(request.method()));
        return new ErrorGuard<>(to(request.uri(), sender)
                        .send((head, outbound) -> send(request, attempt, pool, head, outbound))
                        .response((head, body) -> receive(request.service(), attempt, bytes, head, body))
                        .single()
                        .contextWrite(context -> context.put(ExchangeContext.class, attempt)))
                .doFinally(_ -> bytes.end());
    }

    /// Reactor Netty takes no `URI` that has no host, as one with underscores has none for `java.net.URI`; it does take
    /// the same URL as text.
    private static HttpClient.RequestSender to(URI uri, HttpClient.RequestSender sender) {
        if (uri.getHost() != null) {
            return sender.uri(uri);
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return sender.uri(uri.getScheme() + "://" + HttpUrl.host(uri) + ":" + HttpUrl.port(uri) + path + query);
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
        if (service.baseUrls().isEmpty()) {
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
        long streams = service.protocol() == Protocol.HTTP1 ? 1 : pool.maxStreams();
        long waiting = (long) usage.pending() + calls;
        return waiting <= pool.maxPending() * hosts
                && waiting * all.held().value() / (pool.maxConnections() * hosts * streams)
                        <= service.timeout().toNanos() / 2;
    }

    /// How many bytes a response of `service` has on average, its head included; 0 before the first, and always for the
    /// service of arbitrary URLs: what one caller fetches says nothing of what another does.
    public long expectedBytes(Service service) {
        return service.baseUrls().isEmpty() ? 0 : pools(service).responses().value();
    }

    /// Notes that a call of `service` held a connection for so long.
    public void held(Service service, long nanos) {
        pools(service).held().add(nanos);
    }

    private HostPools pools(Service service) {
        return Objects.requireNonNull(pools.get(service.name()));
    }

    /// Closes every connection.
    @Override
    public void close() {
        waits.stop();
        pools.values().forEach(HostPools::dispose);
    }

    private Publisher<Void> send(
            UpstreamRequest request,
            ExchangeContext attempt,
            HostPool pool,
            HttpClientRequest head,
            NettyOutbound outbound) {
        Channel channel = ((Connection) outbound).channel();
        watchStream(channel, attempt);
        HttpHeaders headers = head.requestHeaders();
        if (request.service().compression()) {
            headers.set(HttpHeaderNames.ACCEPT_ENCODING, "gzip");
        }
        request.headers().forEach(headers::set);
        long now = clock.nanos();
        pool.used(now);
        long millisLeft = TimeUnit.NANOSECONDS.toMillis(attempt.deadline().remainingNanos(now));
        headers.set(settings.deadlineHeader(), Long.toString(Math.max(1, millisLeft)));
        attempt.carried().forEach(headers::set);
        RequestBody body = request.body();
        if (body == null) {
            // Reactor Netty knows by this very object that there is no body.
            return attempt.sending(channel.eventLoop()) ? outbound : nothing();
        }
        if (!headers.contains(HttpHeaderNames.CONTENT_TYPE)) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, body.contentType());
        }
        headers.set(HttpHeaderNames.CONTENT_LENGTH, body.bytes().length);
        var outgoing = Outgoing.of(body.bytes(), channel);
        if (!attempt.sending(channel.eventLoop())) {
            outgoing.release();
            return nothing();
        }
        return new ErrorGuard<>(outgoing.through(outbound));
    }

    /// Whoever closed the attempt aborts the exchange, too: nothing is left to be done or said here.
    private static Mono<Void> nothing() {
        return Mono.never();
    }

    /// Subscribes to the body at once and on the same thread: between head and body, a cancelled exchange would be
    /// drained to its end instead of closed.
    private Mono<UpstreamResponse> receive(
            Service service,
            ExchangeContext attempt,
            ResponseBytes bytes,
            HttpClientResponse head,
            Flux<ByteBuf> body) {
        attempt.receiving();
        HttpHeaders headers = head.responseHeaders();
        try {
            bytes.headIsComplete(headers);
        } catch (ResponseTooLargeException | ProtocolException refused) {
            // A body that nobody subscribes to would not be released.
            return body.takeUntilOther(Mono.error(refused)).then(Mono.error(refused));
        }
        int limit = settings.maxResponseBytes();
        var collector = new BodyCollector(limit, headers.getInt(HttpHeaderNames.CONTENT_LENGTH, 0), bytes);
        return body.collect(() -> collector, BodyCollector::add)
                .map(collected -> response(service, bytes, head, collected.toBytes()));
    }

    private UpstreamResponse response(Service service, ResponseBytes bytes, HttpClientResponse head, byte[] received) {
        try {
            byte[] decoded = ContentDecoder.decode(head.responseHeaders(), received, settings.maxResponseBytes());
            bytes.body(Math.max(0, decoded.length - received.length));
            pools(service).responses().add(bytes.kept());
            return new UpstreamResponse(head.status().code(), HeadersByName.of(head.responseHeaders()), decoded);
        } catch (Error error) {
            throw new OwnLimitException(error);
        }
    }

    private HttpClient client(Service service, HostPool pool, ConnectionProvider provider, boolean secure) {
        HttpClient client = HttpClient.create(provider)
                .runOn(loops)
                .resolver(resolver)
                .noProxy()
                .followRedirect(false)
                .disableRetry(true)
                .keepAlive(true)
                .headers(headers -> headers.set(HttpHeaderNames.USER_AGENT, USER_AGENT))
                .option(
                        ChannelOption.CONNECT_TIMEOUT_MILLIS,
                        Math.toIntExact(service.connectTimeout().toMillis()))
                .doOnResolve(connection -> {
                    pool.used(clock.nanos());
                    markConnecting(connection);
                })
                .doOnChannelInit((observer, channel, address) -> {
                    channel.pipeline().addFirst(pacer);
                    keepResponsesApart(channel);
                });
        return secure
                ? client.protocol(secureProtocol(service))
                        .secure(Objects.requireNonNull(certificates.get(service.name())))
                : client.protocol(plainProtocol(service));
    }

    /// An attempt whose connection has to be opened leaves the phase `acquire` here: its name is about to be
    /// resolved.
    private static void markConnecting(Connection connection) {
        mark(connection.channel(), ExchangeContext::connecting);
    }

    private static void mark(Channel channel, Consumer<ExchangeContext> enterPhase) {
        ExchangeContext attempt = attemptOf(channel);
        if (attempt != null) {
            enterPhase.accept(attempt);
        }
    }

    private static @Nullable ExchangeContext attemptOf(Channel channel) {
        ContextView context = ReactorNetty.getChannelContext(channel);
        return context == null ? null : context.getOrDefault(ExchangeContext.class, null);
    }

    /// Who pays for the response that is coming by `channel`.
    static @Nullable ResponseBytes bytesOf(Channel channel) {
        ExchangeContext attempt = attemptOf(channel);
        return attempt == null ? null : attempt.response();
    }

    private static void keepResponsesApart(Channel channel) {
        ChannelHandler given = channel.pipeline().get(NettyPipeline.HttpCodec);
        // That is also the name of the codec of HTTP/2 frames, which carry no HTTP messages yet.
        if (given instanceof HttpClientCodec) {
            // Reactor Netty has no setting for what keeps the headers.
            var counting = new HttpDecoderConfig()
                    .setMaxInitialLineLength(MAX_STATUS_LINE_BYTES)
                    .setMaxHeaderSize(MAX_HEADER_BYTES)
                    .setHeadersFactory(HeadersOfResponse.of(channel, false))
                    .setTrailersFactory(HeadersOfResponse.of(channel, true));
            channel.pipeline().replace(given, NettyPipeline.HttpCodec, new HttpClientCodec(counting, false, false));
            ChannelHandlerContext codec = channel.pipeline().context(NettyPipeline.HttpCodec);
            channel.pipeline().addAfter(NettyPipeline.HttpCodec, null, ResponseBoundary.ofConnection(codec));
        } else if (given != null) {
            RetiringConnection.watch(channel.pipeline());
        }
    }

    /// An HTTP/2 stream is a channel of its own, made for one call.
    private static void watchStream(Channel channel, ExchangeContext attempt) {
        if (channel.pipeline().get(NettyPipeline.H2ToHttp11Codec) != null) {
            channel.pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, null, ResponseBoundary.ofStream());
            channel.pipeline().addAfter(NettyPipeline.H2ToHttp11Codec, null, new StreamEnding(attempt::nothingSent));
        }
    }

    private Disposable whenWaitedTooLong(Runnable task, Duration timeout) {
        Timeout scheduled = waits.newTimeout(_ -> task.run(), timeout.toNanos(), TimeUnit.NANOSECONDS);
        return scheduled::cancel;
    }

    private ConnectionProvider provider(Service service, ConnectionProvider.MeterRegistrar watch) {
        PoolSettings pool = service.pool();
        ConnectionProvider.Builder builder = ConnectionProvider.builder("muster." + service.name())
                .maxConnections(pool.maxConnections())
                .pendingAcquireMaxCount(pool.maxPending())
                .pendingAcquireTimeout(service.timeout())
                .pendingAcquireTimer(this::whenWaitedTooLong)
                .maxIdleTime(pool.maxIdleTime())
                .maxLifeTime(pool.maxLifeTime())
                .maxLifeTimeVariance(10)
                .evictInBackground(pool.maxIdleTime())
                .metrics(true, () -> watch)
                .lifo();
        if (service.protocol() != Protocol.HTTP1) {
            builder.allocationStrategy(Http2AllocationStrategy.builder()
                    .maxConnections(pool.maxConnections())
                    .maxConcurrentStreams(pool.maxStreams())
                    // Without it, calls that are started together open a connection each.
                    .strictConnectionReuse(true)
                    .build());
        }
        return builder.build();
    }

    private static SslProvider.GenericSslContextSpec<SslContextBuilder> tls(Service service) {
        return switch (service.protocol()) {
            case HTTP1, H2C -> Http11SslContextSpec.forClient();
            case H2 -> Http2SslContextSpec.forClient();
        };
    }

    private static HttpProtocol plainProtocol(Service service) {
        return switch (service.protocol()) {
            case HTTP1, H2 -> HttpProtocol.HTTP11;
            case H2C -> HttpProtocol.H2C;
        };
    }

    private static HttpProtocol secureProtocol(Service service) {
        return switch (service.protocol()) {
            case HTTP1, H2C -> HttpProtocol.HTTP11;
            case H2 -> HttpProtocol.H2;
        };
    }
}
