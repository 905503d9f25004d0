package dev.muster.egress;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.function.Function;

/// Resolves names by a function; a name without addresses is unknown.
final class ScriptedResolverGroup extends AddressResolverGroup<InetSocketAddress> {

    private final Function<String, List<InetAddress>> script;

    ScriptedResolverGroup(Function<String, List<InetAddress>> script) {
        this.script = script;
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new InetNameResolver(executor) {
            @Override
            protected void doResolve(String host, Promise<InetAddress> promise) {
                throw new AssertionError("only all addresses of a name are asked for");
            }

            @Override
            protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
                List<InetAddress> addresses = script.apply(host);
                if (addresses.isEmpty()) {
                    promise.setFailure(new UnknownHostException(host));
                } else {
                    promise.setSuccess(addresses);
                }
            }
        }.asAddressResolver();
    }
}
