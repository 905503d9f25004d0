package dev.muster.egress;

import io.netty.channel.EventLoop;
import io.netty.resolver.InetSocketAddressResolver;
import io.netty.util.concurrent.Future;
import java.util.List;

/// Resolves the addresses of names, and tells through which other names it came to them. Netty's resolver gives an
/// address the name that was asked for, and forgets the others.
final class NamedAddresses extends InetSocketAddressResolver {

    private final NameLookups lookups;

    NamedAddresses(EventLoop loop, NameLookups lookups) {
        super(loop, lookups);
        this.lookups = lookups;
    }

    /// The names that `name` is an alias of, in order; none where it is none.
    Future<List<String>> aliases(String name) {
        return lookups.aliases(name);
    }
}
