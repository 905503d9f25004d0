package dev.muster.egress;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsCache;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStream;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import reactor.netty.resources.LoopResources;

/// Looks names up, and nothing but names: their addresses are for the policy to judge.
///
/// A name is looked up as it stands. Only names that the operator has configured are also looked up in the search
/// domains of `/etc/resolv.conf`: in a cluster a stranger's `http://secret/` would be
/// `secret.namespace.svc.cluster.local` otherwise, past every rule for that name.
public final class Names extends AddressResolverGroup<InetSocketAddress> {

    /// A name that moves is followed whatever its record's time to live, which in Docker is ten minutes.
    private static final int CACHED_FOR_SECONDS = 10;

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

    /// On each event loop at once.
    private static final int MOST_LOOKUPS = 1_000;

    private static final int MOST_NAMES = 1_000;
    private static final int MOST_ADDRESSES = 16;

    private final DnsCache addresses = new BoundedDnsCache(CACHED_FOR_SECONDS, MOST_NAMES, MOST_ADDRESSES);
    private final DnsCache searchedAddresses = new BoundedDnsCache(CACHED_FOR_SECONDS, MOST_NAMES, MOST_ADDRESSES);
    private final LoopResources loops;
    private final DnsServerAddressStreamProvider servers;
    private final Predicate<String> searched;
    private final UnaryOperator<DnsNameResolverBuilder> search;
    private final int mostLookups;

    /// @param loops    what the connections of its clients live on
    /// @param servers  the name servers to ask; each time a question is repeated, the next of them is asked first
    /// @param searched which names are also looked up in the search domains
    public Names(LoopResources loops, DnsServerAddressStreamProvider servers, Predicate<String> searched) {
        this(loops, servers, searched, UnaryOperator.identity(), MOST_LOOKUPS);
    }

    /// @param search      sets the search domains, which are those of the system otherwise
    /// @param mostLookups on each event loop at once
    Names(
            LoopResources loops,
            DnsServerAddressStreamProvider servers,
            Predicate<String> searched,
            UnaryOperator<DnsNameResolverBuilder> search,
            int mostLookups) {
        this.loops = loops;
        this.servers = servers;
        this.searched = searched;
        this.search = search;
        this.mostLookups = mostLookups;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        var loop = (EventLoop) executor;
        return new NamedAddresses(
                loop,
                new NameLookups(
                        loop, servers, searched, (time, searches) -> resolver(loop, time, searches), mostLookups));
    }

    /// One for each time that a question is asked, and so with a socket of its own: what loses a packet of one
    /// socket, as the tables of a firewall may, need not lose the next.
    private DnsNameResolver resolver(EventLoop loop, int time, boolean searches) {
        EventLoopGroup group = loops.onClient(LoopResources.DEFAULT_NATIVE);
        var resolver = new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(() -> loops.onChannel(DatagramChannel.class, group))
                .socketChannelFactory(() -> loops.onChannel(SocketChannel.class, group))
                .nameServerProvider(host -> from(servers.nameServerAddressStream(host), time))
                .resolveCache(searches ? searchedAddresses : addresses)
                // Netty's have no bound, and addresses are kept by the name that was asked for.
                .cnameCache(NoopDnsCnameCache.INSTANCE)
                .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
                .completeOncePreferredResolved(true)
                .queryTimeoutMillis(ANSWER_WITHIN.toMillis());
        return (searches ? search.apply(resolver) : resolver.searchDomains(List.of())).build();
    }

    /// `servers`, beginning with the one that many places further on.
    static DnsServerAddressStream from(DnsServerAddressStream servers, int places) {
        for (int i = 0; i < places % servers.size(); i++) {
            var _ = servers.next();
        }
        return servers;
    }
}
