package dev.muster.upstream;

import dev.muster.plan.NanoClock;
import dev.muster.url.HttpUrl;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.netty.transport.AddressUtils;

/// The pools of one service, one for each host: so many of them and no more but for the calls under way, as callers
/// name hosts. The one that has not been used for longest goes first.
final class HostPools {

    private static final Logger log = LoggerFactory.getLogger(HostPools.class);
    private static final long UNUSED_NANOS = TimeUnit.SECONDS.toNanos(30);
    /// What part goes at once, so that not every new host has to look for one to take the place of.
    private static final int PART = 8;

    private final String service;
    private final int most;
    private final int mostTimesOutOfOrder;
    private final NanoClock clock;
    private final Opening opening;
    private final Map<Host, HostPool> pools = new ConcurrentHashMap<>();
    private final LongAdder replaced = new LongAdder();
    private final MovingAverage held = new MovingAverage();
    private final MovingAverage responses = new MovingAverage();

    /// Makes a pool.
    @FunctionalInterface
    interface Opening {

        HostPool open(boolean secure, SocketAddress address, long nowNanos);
    }

    private record Host(boolean secure, String name, int port) {

        static Host of(URI uri) {
            return new Host(
                    "https".equalsIgnoreCase(uri.getScheme()),
                    Objects.requireNonNull(HttpUrl.host(uri)),
                    HttpUrl.port(uri));
        }

        SocketAddress address() {
            return AddressUtils.createUnresolved(name, port);
        }
    }

    /// @param most                of the pools that are kept while no call uses them
    /// @param mostTimesOutOfOrder that a pool may be found out of order in turn before it is replaced
    HostPools(String service, int most, int mostTimesOutOfOrder, NanoClock clock, Opening opening) {
        this.service = service;
        this.most = most;
        this.mostTimesOutOfOrder = mostTimesOutOfOrder;
        this.clock = clock;
        this.opening = opening;
    }

    /// The pool of the host of `uri`, for a call that is to leave it.
    HostPool enter(URI uri) {
        Host host = Host.of(uri);
        HostPool pool = pools.get(host);
        while (pool == null || !pool.enter()) {
            pool = open(host);
        }
        return pool;
    }

    private synchronized HostPool open(Host host) {
        HostPool present = pools.get(host);
        if (present != null) {
            return present;
        }
        if (pools.size() >= most) {
            retireLeastRecentlyUsed();
        }
        HostPool opened = opening.open(host.secure(), host.address(), clock.nanos());
        pools.put(host, opened);
        return opened;
    }

    private void retireLeastRecentlyUsed() {
        List<Map.Entry<Host, HostPool>> unused = pools.entrySet().stream()
                .filter(pool -> pool.getValue().isUnused())
                .sorted(Comparator.comparingLong(pool -> pool.getValue().usedNanos()))
                .limit(pools.size() - most + most / PART + 1L)
                .toList();
        unused.forEach(pool -> retireIfUnused(pool.getKey(), pool.getValue()));
    }

    private void retireIfUnused(Host host, HostPool pool) {
        if (pool.retireIfUnused()) {
            pools.remove(host);
        }
    }

    /// Closes what has not been used for a while, and replaces what is out of order. To be called regularly, by one
    /// thread.
    synchronized void tidy() {
        long now = clock.nanos();
        pools.forEach((host, pool) -> {
            if (pool.timesOutOfOrder() > mostTimesOutOfOrder) {
                replace(host, pool);
            } else if (now - pool.usedNanos() > UNUSED_NANOS) {
                retireIfUnused(host, pool);
            }
        });
    }

    private void replace(Host host, HostPool pool) {
        pools.remove(host);
        replaced.increment();
        log.warn(
                "Service {} has a new connection pool for {}:{}: the old one had room and served nobody; calls that waited: {}",
                service,
                host.name(),
                host.port(),
                pool.pending());
        pool.retire();
        pool.dispose();
    }

    /// How many pools were out of order.
    long replaced() {
        return replaced.sum();
    }

    /// Has the calls that come use new connections over TLS; those under way end on theirs.
    synchronized void renewSecure() {
        pools.forEach((host, pool) -> {
            if (host.secure()) {
                pools.remove(host);
                pool.retire();
            }
        });
    }

    synchronized void dispose() {
        pools.values().forEach(HostPool::dispose);
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
        for (HostPool pool : pools.values()) {
            hosts++;
            active += pool.active();
            idle += pool.idle();
            pending += pool.pending();
        }
        return new PoolUsage(hosts, active, idle, pending);
    }
}
