package dev.muster.call;

import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider;

/// Adds up the pools of one service. Reactor Netty's own meters have a tag for each host, and callers name hosts.
final class PoolWatch implements ConnectionProvider.MeterRegistrar {

    /// What Reactor Netty puts before the name of a pool of streams. Its connections are those of the pool below
    /// it.
    private static final String STREAMS = "http2.";

    private final Map<Key, ConnectionPoolMetrics> pools = new ConcurrentHashMap<>();
    private final MovingAverage held = new MovingAverage();
    private final MovingAverage responses = new MovingAverage();

    private record Key(String pool, String id, SocketAddress remoteAddress) {}

    @Override
    public void registerMetrics(String pool, String id, SocketAddress remoteAddress, ConnectionPoolMetrics metrics) {
        pools.put(new Key(pool, id, remoteAddress), metrics);
    }

    @Override
    public void deRegisterMetrics(String pool, String id, SocketAddress remoteAddress) {
        pools.remove(new Key(pool, id, remoteAddress));
    }

    /// How many nanoseconds a call holds a connection.
    MovingAverage held() {
        return held;
    }

    /// How many bytes a response has, its head included.
    MovingAverage responses() {
        return responses;
    }

    PoolUsage usage() {
        int hosts = 0;
        int active = 0;
        int idle = 0;
        int pending = 0;
        for (var pool : pools.entrySet()) {
            pending += pool.getValue().pendingAcquireSize();
            if (!pool.getKey().pool().startsWith(STREAMS)) {
                hosts++;
                active += pool.getValue().acquiredSize();
                idle += pool.getValue().idleSize();
            }
        }
        return new PoolUsage(hosts, active, idle, pending);
    }
}
