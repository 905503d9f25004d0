package dev.muster.egress;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DefaultAuthoritativeDnsServerCache;
import io.netty.resolver.dns.DefaultDnsCache;
import io.netty.resolver.dns.DefaultDnsCnameCache;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddressStream;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
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
/// `secret.namespace.svc.cluster.local`
/// otherwise, past every rule for that name.
public final class Names extends AddressResolverGroup<InetSocketAddress> {

    /// A name that moves is followed whatever its record's time to live, which in Docker is ten minutes.
    private static final int CACHED_FOR_SECONDS = 10;

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

    private final DefaultDnsCache addresses = new DefaultDnsCache(0, CACHED_FOR_SECONDS, 0);
    private final DefaultDnsCache searchedAddresses = new DefaultDnsCache(0, CACHED_FOR_SECONDS, 0);
    private final DefaultDnsCnameCache aliases = new DefaultDnsCnameCache(0, CACHED_FOR_SECONDS);
    private final DefaultAuthoritativeDnsServerCache authorities =
            new DefaultAuthoritativeDnsServerCache(0, CACHED_FOR_SECONDS, null);
    private final LoopResources loops;
    private final DnsServerAddressStreamProvider servers;
    private final Predicate<String> searched;
    private final UnaryOperator<DnsNameResolverBuilder> search;

    /// @param loops    what the connections of its clients live on
    /// @param servers  the name servers to ask; each time a question is repeated, the next of them is asked first
    /// @param searched which names are also looked up in the search domains
    public Names(LoopResources loops, DnsServerAddressStreamProvider servers, Predicate<String> searched) {
        this(loops, servers, searched, UnaryOperator.identity());
    }

    /// @param search sets the search domains, which are those of the system otherwise
    Names(
            LoopResources loops,
            DnsServerAddressStreamProvider servers,
            Predicate<String> searched,
            UnaryOperator<DnsNameResolverBuilder> search) {
        this.loops = loops;
        this.servers = servers;
        this.searched = searched;
        this.search = search;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        var loop = (EventLoop) executor;
        return new NamedAddresses(
                loop, new NameLookups(loop, servers, searched, (time, searches) -> resolver(loop, time, searches)));
    }

    /// One for each time that a question is asked, and so with a socket of its own: what loses a packet of one socket,
    /// as
    /// the tables of a firewall may, need not lose the next.
    private DnsNameResolver resolver(EventLoop loop, int time, boolean searches) {
        EventLoopGroup group = loops.onClient(LoopResources.DEFAULT_NATIVE);
        var resolver = new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(() -> loops.onChannel(DatagramChannel.class, group))
                .socketChannelFactory(() -> loops.onChannel(SocketChannel.class, group))
                .nameServerProvider(host -> from(servers.nameServerAddressStream(host), time))
                .resolveCache(searches ? searchedAddresses : addresses)
                .cnameCache(aliases)
                .authoritativeDnsServerCache(authorities)
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
