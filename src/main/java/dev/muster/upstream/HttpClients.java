package dev.muster.upstream;

import dev.muster.egress.EgressAddressResolverGroup;
import dev.muster.plan.NanoClock;
import dev.muster.service.PoolSettings;
import dev.muster.service.Protocol;
import dev.muster.service.Service;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.netty.NettyPipeline;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.Http2AllocationStrategy;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.SslProvider;

/// Makes the clients and pools of hosts, tuned as their services say.
///
/// Reactor Netty finds a pool by the client's settings, so that settings made per call would make a pool per call.
final class HttpClients implements AutoCloseable {

    private static final String USER_AGENT = "muster";
    static final int MAX_HEADER_BYTES = 32 * 1024;
    static final int MAX_STATUS_LINE_BYTES = 4 * 1024;
    private static final Duration WAITS_PRECISION = Duration.ofMillis(20);

    private final Map<String, SslProvider> certificates = new ConcurrentHashMap<>();
    /// Ends the waits for a connection, which a call that has expired leaves behind in the pool. A wheel, because
    /// it is set and cancelled for every call that waits.
    private final Timer waits = new HashedWheelTimer(
            new DefaultThreadFactory("muster-pool-waits", true), WAITS_PRECISION.toMillis(), TimeUnit.MILLISECONDS);
    private final ConnectPacer pacer = new ConnectPacer(
            waiting -> mark(waiting.channel(), ExchangeContext::acquiring),
            connecting -> mark(connecting.channel(), ExchangeContext::connecting));
    private final LoopResources loops;
    private final EgressAddressResolverGroup resolver;
    private final NanoClock clock;

    HttpClients(LoopResources loops, EgressAddressResolverGroup resolver, NanoClock clock) {
        this.loops = loops;
        this.resolver = resolver;
        this.clock = clock;
    }

    /// Has connections of `service` over TLS made with the certificates that `tls` has now.
    void certify(Service service, ServiceTls tls) {
        certificates.put(service.name(), certificates(service, tls));
    }

    /// Runs `task` again and again, each time so long after the last.
    void repeat(Runnable task, Duration interval) {
        var _ = waits.newTimeout(
                _ -> {
                    try {
                        task.run();
                    } finally {
                        repeat(task, interval);
                    }
                },
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        waits.stop();
    }

    HostPool open(Service service, boolean secure, SocketAddress address, long nowNanos) {
        return new HostPool(
                address,
                service.pool().maxConnections(),
                nowNanos,
                pool -> provider(service, pool),
                (pool, provider) -> client(service, pool, provider, secure));
    }

    private static SslProvider certificates(Service service, ServiceTls tls) {
        var context = tls(service);
        context.configure(builder -> tls.configure(service, builder));
        return SslProvider.builder()
                .sslContext(context)
                .handshakeTimeout(service.connections().connectTimeout())
                .build();
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
                        Math.toIntExact(service.connections().connectTimeout().toMillis()))
                .doOnResolve(connection -> {
                    pool.used(clock.nanos());
                    mark(connection.channel(), ExchangeContext::connecting);
                })
                .doOnChannelInit((observer, channel, address) -> {
                    channel.pipeline().addFirst(pacer);
                    keepResponsesApart(channel);
                });
        return secure
                ? client.protocol(secureProtocol(service))
                        .secure(Objects.requireNonNull(
                                certificates.get(service.name()), "the certificates of the service"))
                : client.protocol(plainProtocol(service));
    }

    private static void mark(Channel channel, Consumer<ExchangeContext> enterPhase) {
        Exchange exchange = Exchange.of(channel);
        ExchangeContext attempt = exchange == null ? null : exchange.attempt();
        if (attempt != null) {
            enterPhase.accept(attempt);
        }
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

    private Disposable whenWaitedTooLong(Runnable task, Duration timeout) {
        Timeout scheduled = waits.newTimeout(_ -> task.run(), timeout.toNanos(), TimeUnit.NANOSECONDS);
        return scheduled::cancel;
    }

    private ConnectionProvider provider(Service service, ConnectionProvider.MeterRegistrar watch) {
        PoolSettings pool = service.pool();
        ConnectionProvider.Builder builder = ConnectionProvider.builder("muster." + service.name())
                .maxConnections(pool.maxConnections())
                .pendingAcquireMaxCount(pool.maxPending())
                .pendingAcquireTimeout(service.calls().timeout())
                .pendingAcquireTimer(this::whenWaitedTooLong)
                .maxIdleTime(pool.maxIdleTime())
                .maxLifeTime(pool.maxLifeTime())
                .maxLifeTimeVariance(10)
                .evictInBackground(pool.maxIdleTime())
                .metrics(true, () -> watch)
                .lifo();
        if (service.connections().protocol() != Protocol.HTTP1) {
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
        return switch (service.connections().protocol()) {
            case HTTP1, H2C -> Http11SslContextSpec.forClient();
            case H2 -> Http2SslContextSpec.forClient();
        };
    }

    private static HttpProtocol plainProtocol(Service service) {
        return switch (service.connections().protocol()) {
            case HTTP1, H2 -> HttpProtocol.HTTP11;
            case H2C -> HttpProtocol.H2C;
        };
    }

    private static HttpProtocol secureProtocol(Service service) {
        return switch (service.connections().protocol()) {
            case HTTP1, H2C -> HttpProtocol.HTTP11;
            case H2 -> HttpProtocol.H2;
        };
    }
}
