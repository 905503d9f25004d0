package dev.muster.egress;

import io.netty.resolver.AddressResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Resolves to the addresses that the policy lets through.
///
/// A client connects directly, past the resolver, to an address that the resolver does not support or that it says is
/// resolved already, as Reactor Netty makes of every IP literal. So this one supports everything and finds nothing
/// resolved.
final class EgressAddressResolver implements AddressResolver<InetSocketAddress> {

    private static final EgressRefusal NO_SOCKET_ADDRESS =
            new EgressRefusal("only hosts with an IP address may be called");

    private final EventExecutor executor;
    private final EgressPolicy policy;
    private final AddressResolver<InetSocketAddress> delegate;

    EgressAddressResolver(EventExecutor executor, EgressPolicy policy, AddressResolver<InetSocketAddress> delegate) {
        this.executor = executor;
        this.policy = policy;
        this.delegate = delegate;
    }

    @Override
    public boolean isSupported(SocketAddress address) {
        return true;
    }

    @Override
    public boolean isResolved(SocketAddress address) {
        return false;
    }

    @Override
    public Future<InetSocketAddress> resolve(SocketAddress address) {
        return resolve(address, executor.newPromise());
    }

    @Override
    public Future<InetSocketAddress> resolve(SocketAddress address, Promise<InetSocketAddress> promise) {
        resolveAll(address).addListener((FutureListener<List<InetSocketAddress>>) future -> {
            if (future.isSuccess()) {
                promise.trySuccess(future.getNow().getFirst());
            } else {
                promise.tryFailure(future.cause());
            }
        });
        return promise;
    }

    @Override
    public Future<List<InetSocketAddress>> resolveAll(SocketAddress address) {
        return resolveAll(address, executor.newPromise());
    }

    @Override
    public Future<List<InetSocketAddress>> resolveAll(SocketAddress address, Promise<List<InetSocketAddress>> promise) {
        if (!(address instanceof InetSocketAddress target)) {
            return promise.setFailure(new EgressDeniedException(NO_SOCKET_ADDRESS));
        }
        String host = target.getHostString();
        if (!target.isUnresolved()) {
            admit(host, List.of(target), promise);
            return promise;
        }
        Authority authority = Authority.of(host, target.getPort());
        EgressRefusal refusal = policy.judge(authority);
        if (refusal != null) {
            return promise.setFailure(new EgressDeniedException(refusal));
        }
        delegate.resolveAll(target).addListener((FutureListener<List<InetSocketAddress>>) future -> {
            if (!future.isSuccess()) {
                promise.tryFailure(future.cause());
            } else if (delegate instanceof NamedAddresses names && policy.judgesAliases(authority)) {
                judgeAliases(names, host, future.getNow(), promise);
            } else {
                admit(host, future.getNow(), promise);
            }
        });
        return promise;
    }

    private void judgeAliases(
            NamedAddresses names,
            String host,
            List<InetSocketAddress> endpoints,
            Promise<List<InetSocketAddress>> promise) {
        names.aliases(host).addListener((FutureListener<List<String>>) future -> {
            if (!future.isSuccess()) {
                promise.tryFailure(future.cause());
                return;
            }
            EgressRefusal refusal = policy.judgeAliases(future.getNow());
            if (refusal == null) {
                admit(host, endpoints, promise);
            } else {
                promise.tryFailure(new EgressDeniedException(refusal));
            }
        });
    }

    /// The delegate's group owns the delegate.
    @Override
    public void close() {}

    private void admit(String host, List<InetSocketAddress> endpoints, Promise<List<InetSocketAddress>> promise) {
        List<InetSocketAddress> admitted = new ArrayList<>(endpoints.size());
        @Nullable EgressRefusal refusal = null;
        for (InetSocketAddress endpoint : endpoints) {
            InetAddress address = endpoint.getAddress();
            if (address == null) {
                continue;
            }
            EgressRefusal judged = policy.judge(Authority.of(host, endpoint.getPort()), address);
            if (judged == null) {
                admitted.add(endpoint);
            } else {
                refusal = judged;
            }
        }
        if (admitted.isEmpty()) {
            promise.tryFailure(nothingAdmitted(host, refusal));
        } else {
            promise.trySuccess(admitted);
        }
    }

    private static IOException nothingAdmitted(String host, @Nullable EgressRefusal refusal) {
        return refusal == null ? new UnknownHostException(host) : new EgressDeniedException(refusal);
    }
}
