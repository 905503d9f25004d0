package dev.muster.egress;

import io.netty.channel.AddressedEnvelope;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.resolver.InetNameResolver;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverException;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.FutureListener;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// The lookups of one event loop. Who asks for a name that is just being looked up shares the answer, unless that
/// lookup has had to wait already: then it is asked for anew. Netty's resolver shares none (netty#5838), or the stuck
/// ones,
/// too (netty#13186).
final class NameLookups extends InetNameResolver {

    /// As many as a resolver follows.
    private static final int MOST_ALIASES = 16;

    private final EventLoop loop;
    private final DnsServerAddressStreamProvider servers;
    private final Predicate<String> searched;
    private final Resolvers made;
    private final int mostLookups;
    private final Map<Kind, DnsNameResolver> resolvers = new ConcurrentHashMap<>();
    private final Map<String, Lookup<List<InetAddress>>> current = new HashMap<>();
    private int running;

    /// Makes what asks a question once.
    @FunctionalInterface
    interface Resolvers {

        /// Makes one.
        ///
        /// @param time     how many times the question was asked before
        /// @param searches whether in the search domains, too
        DnsNameResolver make(int time, boolean searches);
    }

    private record Kind(int time, boolean searches) {}

    /// @param servers  the name servers to ask
    /// @param searched which names are also looked up in the search domains
    /// @param made     called for each kind when it is first needed
    /// @param mostLookups at once: what each takes until it is answered adds up where nobody answers
    NameLookups(
            EventLoop loop,
            DnsServerAddressStreamProvider servers,
            Predicate<String> searched,
            Resolvers made,
            int mostLookups) {
        super(loop);
        this.loop = loop;
        this.servers = servers;
        this.searched = searched;
        this.made = made;
        this.mostLookups = mostLookups;
    }

    @Override
    protected void doResolve(String name, Promise<InetAddress> promise) {
        var _ = resolveAll(name).addListener((FutureListener<List<InetAddress>>) all -> {
            if (all.isSuccess()) {
                promise.trySuccess(all.getNow().getFirst());
            } else {
                promise.tryFailure(all.cause());
            }
        });
    }

    @Override
    protected void doResolveAll(String name, Promise<List<InetAddress>> promise) {
        if (loop.inEventLoop()) {
            join(name, promise);
        } else {
            loop.execute(() -> join(name, promise));
        }
    }

    private void join(String name, Promise<List<InetAddress>> promise) {
        Lookup<List<InetAddress>> running = current.get(name);
        Future<List<InetAddress>> answer = running != null && running.isFresh() ? running.answer() : begin(name);
        var _ = answer.addListener((FutureListener<List<InetAddress>>) answered -> {
            if (answered.isSuccess()) {
                promise.trySuccess(answered.getNow());
            } else {
                promise.tryFailure(answered.cause());
            }
        });
    }

    private Future<List<InetAddress>> begin(String name) {
        boolean searches = searched.test(name);
        var lookup = new Lookup<List<InetAddress>>(
                loop, time -> resolver(time, searches).resolveAll(name));
        Future<List<InetAddress>> answer = ask(lookup);
        if (!answer.isDone()) {
            current.put(name, lookup);
            var _ = answer.addListener(_ -> current.remove(name, lookup));
        }
        return answer;
    }

    private <T> Future<T> ask(Lookup<T> lookup) {
        if (running >= mostLookups) {
            return loop.newFailedFuture(new TooManyLookupsException());
        }
        running++;
        return lookup.ask().addListener(_ -> running--);
    }

    /// The names that `name`, as it stands, is an alias of, in order. An address tells nothing of them, so they are
    /// asked for by themselves.
    Future<List<String>> aliases(String name) {
        Promise<List<String>> chain = loop.newPromise();
        loop.execute(() -> follow(name.endsWith(".") ? name : name + '.', new ArrayList<>(), chain));
        return chain;
    }

    private void follow(String name, List<String> before, Promise<List<String>> chain) {
        var lookup = new Lookup<Aliases>(loop, time -> aliasesOnce(name, time));
        var _ = ask(lookup).addListener((FutureListener<Aliases>) answered -> {
            if (!answered.isSuccess()) {
                chain.tryFailure(answered.cause());
                return;
            }
            Aliases aliases = answered.getNow();
            before.addAll(aliases.names());
            if (aliases.complete()) {
                chain.trySuccess(before);
            } else if (before.size() > MOST_ALIASES) {
                chain.tryFailure(new UnknownHostException("more than %d aliases".formatted(MOST_ALIASES)));
            } else {
                follow(before.getLast(), before, chain);
            }
        });
    }

    private Future<Aliases> aliasesOnce(String name, int time) {
        Promise<Aliases> promise = loop.newPromise();
        InetSocketAddress server =
                Names.from(servers.nameServerAddressStream(name), time).next();
        var question = new DefaultDnsQuestion(name, DnsRecordType.A);
        var _ = resolver(time, false).query(server, question).addListener((FutureListener<
                        AddressedEnvelope<DnsResponse, InetSocketAddress>>)
                answered -> {
                    if (!answered.isSuccess()) {
                        promise.tryFailure(answered.cause());
                        return;
                    }
                    try (var response = new Released(answered.getNow())) {
                        DnsResponseCode code = response.get().code();
                        if (code.equals(DnsResponseCode.NOERROR) || code.equals(DnsResponseCode.NXDOMAIN)) {
                            promise.trySuccess(Aliases.in(response.get(), name));
                        } else {
                            promise.tryFailure(new DnsNameResolverException(server, question, code.toString()));
                        }
                    }
                });
        return promise;
    }

    private record Released(AddressedEnvelope<DnsResponse, InetSocketAddress> envelope) implements AutoCloseable {

        DnsResponse get() {
            return envelope.content();
        }

        @Override
        public void close() {
            envelope.release();
        }
    }

    private DnsNameResolver resolver(int time, boolean searches) {
        return resolvers.computeIfAbsent(new Kind(time, searches), kind -> made.make(kind.time(), kind.searches()));
    }

    @Override
    public void close() {
        resolvers.values().forEach(DnsNameResolver::close);
    }
}
