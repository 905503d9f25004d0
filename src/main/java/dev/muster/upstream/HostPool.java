package dev.muster.upstream;

import io.netty.handler.codec.http.HttpMethod;
import java.net.SocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClientConfig;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider;

/// The connections to one host, and the client that uses them.
///
/// Each host has a provider of its own: Reactor Netty disposes one pool among many only where HTTP/1.1 is spoken.
final class HostPool implements ConnectionProvider.MeterRegistrar {

    /// What Reactor Netty puts before the name of a pool of streams. Its connections are those of the pool below
    /// it.
    private static final String STREAMS = "http2.";

    private static final Set<String> COMMON_METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE");

    /// Less than any number of calls makes good for.
    private static final int RETIRED = Integer.MIN_VALUE;

    private final ConnectionProvider provider;
    private final HttpClient client;
    private final Map<String, HttpClient.ResponseReceiver<?>> receivers = new ConcurrentHashMap<>(2);
    /// The calls that use it; from [#RETIRED] up, once nobody else may.
    private final AtomicInteger calls = new AtomicInteger();
    private final int mostConnections;
    private volatile long usedNanos;
    /// When it had last been used as it was last seen in order, and how often it has not been since.
    private long usedInOrderNanos;
    private int outOfOrder;
    private volatile @Nullable ConnectionPoolMetrics connections;
    private volatile @Nullable ConnectionPoolMetrics streams;

    /// @param address  of the host, as the client makes it of a URL
    /// @param mostConnections that the provider opens
    /// @param provider makes a provider that tells this its metrics
    /// @param client   makes the client that takes its connections from there
    HostPool(
            SocketAddress address,
            int mostConnections,
            long nowNanos,
            Function<HostPool, ConnectionProvider> provider,
            BiFunction<HostPool, ConnectionProvider, HttpClient> client) {
        this.mostConnections = mostConnections;
        this.usedNanos = nowNanos;
        this.usedInOrderNanos = nowNanos;
        this.provider = provider.apply(this);
        this.client = client.apply(this, this.provider);
        makePool(address);
    }

    /// A pool keeps the settings that it is made with, and those of a call hold the call. So it is made before there
    /// is one, for nobody: whoever has cancelled already gets no connection.
    private void makePool(SocketAddress address) {
        HttpClientConfig settings = client.configuration();
        settings.connectionProvider()
                .acquire(settings, ConnectionObserver.emptyListener(), () -> address, settings.resolver())
                .subscribe(new BaseSubscriber<Connection>() {
                    @Override
                    protected void hookOnSubscribe(Subscription subscription) {
                        subscription.cancel();
                    }
                });
    }

    /// What sends requests of `method` and receives their responses. Reactor Netty copies the client's settings for it,
    /// so it is made once for the methods that are used most.
    HttpClient.ResponseReceiver<?> receiver(String method) {
        HttpClient.ResponseReceiver<?> made = receivers.get(method);
        if (made != null) {
            return made;
        }
        return COMMON_METHODS.contains(method)
                ? receivers.computeIfAbsent(method, this::newReceiver)
                : newReceiver(method);
    }

    private HttpClient.ResponseReceiver<?> newReceiver(String method) {
        return client.request(HttpMethod.valueOf(method)).send(Exchange::send);
    }

    /// Takes it for a call, which is to [#leave] it.
    ///
    /// @return `false` if it is retired
    boolean enter() {
        int now = calls.get();
        while (now >= 0) {
            int seen = calls.compareAndExchange(now, now + 1);
            if (seen == now) {
                return true;
            }
            now = seen;
        }
        return false;
    }

    void leave() {
        if (calls.decrementAndGet() == RETIRED) {
            dispose();
        }
    }

    /// Notes that it gave a call a connection, or began to open one.
    void used(long nowNanos) {
        usedNanos = nowNanos;
    }

    long usedNanos() {
        return usedNanos;
    }

    boolean isUnused() {
        return calls.get() == 0;
    }

    /// Closes its connections, if no call uses it, and lets no other use it.
    ///
    /// @return whether that is so
    boolean retireIfUnused() {
        if (calls.compareAndSet(0, RETIRED)) {
            dispose();
            return true;
        }
        return false;
    }

    /// Lets no other call use it, and closes its connections when those that do have ended. To be called once.
    void retire() {
        if (calls.addAndGet(RETIRED) == RETIRED) {
            dispose();
        }
    }

    /// Closes its connections, those in use as they become free; whoever waits for one does so in vain.
    void dispose() {
        provider.dispose();
    }

    /// How often it was looked at since it last gave a call a connection, or began to open one, while it had calls wait
    /// that there was room for: a pool whose loop an error has left never does again. To be asked by one thread,
    /// regularly.
    int timesOutOfOrder() {
        int pending = pending();
        boolean hasRoom = active() < mostConnections || (calls.get() & Integer.MAX_VALUE) <= pending;
        long used = usedNanos;
        if (pending > 0 && hasRoom && used == usedInOrderNanos) {
            outOfOrder++;
        } else {
            usedInOrderNanos = used;
            outOfOrder = 0;
        }
        return outOfOrder;
    }

    int active() {
        return connections == null ? 0 : connections.acquiredSize();
    }

    int idle() {
        return connections == null ? 0 : connections.idleSize();
    }

    int pending() {
        return (connections == null ? 0 : connections.pendingAcquireSize())
                + (streams == null ? 0 : streams.pendingAcquireSize());
    }

    @Override
    public void registerMetrics(String pool, String id, SocketAddress remoteAddress, ConnectionPoolMetrics metrics) {
        if (pool.startsWith(STREAMS)) {
            streams = metrics;
        } else {
            connections = metrics;
        }
    }

    @Override
    public void deRegisterMetrics(String pool, String id, SocketAddress remoteAddress) {
        // they go with this
    }
}
