package dev.muster.egress;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.resolver.dns.DefaultDnsCache;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsCacheEntry;
import io.netty.resolver.dns.NoopDnsCache;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The addresses of so many names, and so many of each: callers name hosts, and whoever owns a name says how many
/// addresses it has. Netty's cache is bounded by time only (netty#3349). Failures are not kept.
final class BoundedDnsCache implements DnsCache {

    private final DefaultDnsCache addresses;
    private final Cache<String, Boolean> names;
    private final int mostAddresses;

    /// @param seconds       how long addresses are kept at most, whatever their time to live
    /// @param mostNames     those that are asked for least go first
    /// @param mostAddresses of one name
    BoundedDnsCache(int seconds, int mostNames, int mostAddresses) {
        this.addresses = new DefaultDnsCache(0, seconds, 0);
        this.names = Caffeine.newBuilder()
                .maximumSize(mostNames)
                .<String, Boolean>evictionListener((name, _, _) -> {
                    if (name != null) {
                        addresses.clear(name);
                    }
                })
                // On the thread that adds: what is evicted is gone when it returns.
                .executor(Runnable::run)
                .build();
        this.mostAddresses = mostAddresses;
    }

    @Override
    public void clear() {
        addresses.clear();
        names.invalidateAll();
    }

    @Override
    public boolean clear(String name) {
        names.invalidate(name);
        return addresses.clear(name);
    }

    @Override
    public @Nullable List<? extends DnsCacheEntry> get(String name, DnsRecord @Nullable [] additionals) {
        // It counts as asked for.
        var _ = names.getIfPresent(name);
        return addresses.get(name, additionals);
    }

    @Override
    public DnsCacheEntry cache(
            String name, DnsRecord @Nullable [] additionals, InetAddress address, long timeToLive, EventLoop loop) {
        List<? extends DnsCacheEntry> present = addresses.get(name, additionals);
        if (present != null && present.size() >= mostAddresses) {
            return NoopDnsCache.INSTANCE.cache(name, additionals, address, timeToLive, loop);
        }
        DnsCacheEntry cached = addresses.cache(name, additionals, address, timeToLive, loop);
        names.put(name, Boolean.TRUE);
        return cached;
    }

    @Override
    public DnsCacheEntry cache(String name, DnsRecord @Nullable [] additionals, Throwable cause, EventLoop loop) {
        return addresses.cache(name, additionals, cause, loop);
    }
}
