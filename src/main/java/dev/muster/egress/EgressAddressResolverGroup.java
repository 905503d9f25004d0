package dev.muster.egress;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;

/// The choke point: a Reactor Netty client that is given this group (`HttpClient.resolver(group)`) opens no connection
/// to an address the policy refuses, because every address comes out of here and is then connected to. DNS rebinding
/// finds no gap: what was judged is what is connected to, and nothing is looked up twice.
///
/// An IP literal is judged like a name. Of a name's addresses those that may be called are kept, since the connection
/// only ever goes to one of them; a name that leaves none fails with [EgressDeniedException]. A name that is refused
/// by itself is never looked up.
///
/// The caller owes: one group per client (the pool's key has it), no proxy (it would connect for us) and no
/// `resolvedAddressesSelector` that brings addresses of its own. The delegate stays the caller's to close.
public final class EgressAddressResolverGroup extends AddressResolverGroup<InetSocketAddress> {

    private final EgressPolicy policy;
    private final AddressResolverGroup<InetSocketAddress> delegate;

    /// @param policy what judges each address
    /// @param delegate what resolves names, and nothing but names
    public EgressAddressResolverGroup(EgressPolicy policy, AddressResolverGroup<InetSocketAddress> delegate) {
        this.policy = policy;
        this.delegate = delegate;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new EgressAddressResolver(executor, policy, delegate.getResolver(executor));
    }
}
