package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.ResolvedAddressTypes;
import io.netty.resolver.dns.DefaultDnsCache;
import io.netty.resolver.dns.DefaultDnsCnameCache;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsServerAddresses;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.transport.AddressUtils;

/// What Netty and Reactor Netty do of themselves, that the pieces of this package answer: each test is of them
/// without the piece whose name its class has. One that fails after an upgrade says that the piece has to be looked at
/// again, and maybe is no longer needed.
@Timeout(30)
class NettyResolverBehaviourTest {

    private static final int MANY = 5_000;

    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ScriptedDns dns = new ScriptedDns();

    @AfterEach
    void close() {
        dns.close();
        loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).syncUninterruptibly();
    }

    private DnsNameResolver resolver(UnaryOperator<DnsNameResolverBuilder> setting) {
        return setting.apply(new DnsNameResolverBuilder(loops.next())
                        .datagramChannelType(NioDatagramChannel.class)
                        .nameServerProvider(_ -> DnsServerAddresses.singleton(dns.address()).stream())
                        .resolvedAddressTypes(ResolvedAddressTypes.IPV4_ONLY)
                        .searchDomains(List.of())
                        .queryTimeoutMillis(300))
                .build();
    }

    @Nested
    class OfLookup {

        @Test
        void aPacketThatIsLostFailsTheLookup() {
            dns.host("lost.test", "10.0.0.1").losing(DnsRecordType.A, 1);
            try (var resolver = resolver(UnaryOperator.identity())) {
                assertThat(resolver.resolve("lost.test").awaitUninterruptibly().isSuccess())
                        .isFalse();
                assertThat(dns.questions()).containsExactly("A lost.test.");
            }
        }
    }

    @Nested
    class OfNameLookups {

        @Test
        void lookupsOfOneNameAtTheSameTimeAreAQuestionEach() {
            dns.host("same.test", "10.0.0.1");
            try (var resolver = resolver(UnaryOperator.identity())) {
                resolveTwice(resolver, "same.test");

                assertThat(dns.questions()).hasSize(2);
            }
        }

        @Test
        void whatConsolidatesThemHasTheSecondFailWithAStuckFirst() {
            dns.host("stuck.test", "10.0.0.1").losing(DnsRecordType.A, 1);
            try (var resolver = resolver(builder -> builder.consolidateCacheSize(MANY))) {
                List<Future<InetAddress>> both = resolveTwice(resolver, "stuck.test");

                assertThat(dns.questions()).hasSize(1);
                assertThat(both).noneMatch(Future::isSuccess);
            }
        }

        private List<Future<InetAddress>> resolveTwice(DnsNameResolver resolver, String name) {
            List<Future<InetAddress>> both = List.of(resolver.resolve(name), resolver.resolve(name));
            both.forEach(Future::awaitUninterruptibly);
            return both;
        }
    }

    @Nested
    class OfBoundedDnsCache {

        @Test
        void nettysCacheHoldsAsManyNamesAsThereAre() {
            var cache = new DefaultDnsCache();
            for (int i = 0; i < MANY; i++) {
                var _ = cache.cache("n%d.test".formatted(i), null, address(i), 600, loops.next());
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(cache.get("n%d.test".formatted(i), null)).hasSize(1);
            }
        }

        @Test
        void nettysCacheHoldsAsManyAddressesOfANameAsThereAre() {
            var cache = new DefaultDnsCache();
            for (int i = 0; i < 500; i++) {
                var _ = cache.cache("many.test", null, address(i), 600, loops.next());
            }
            assertThat(cache.get("many.test", null)).hasSize(500);
        }

        private static InetAddress address(int number) {
            return InetAddress.ofLiteral("10.0.%d.%d".formatted(number >> 8, number & 0xff));
        }
    }

    @Nested
    class OfNames {

        @Test
        void nettysCacheOfAliasesHoldsAsManyAsThereAre() {
            var cache = new DefaultDnsCnameCache();
            for (int i = 0; i < MANY; i++) {
                cache.cache("n%d.test.".formatted(i), "to.test.", 600, loops.next());
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(cache.get("n%d.test.".formatted(i))).isEqualTo("to.test.");
            }
        }
    }

    @Nested
    class OfNamedAddresses {

        @Test
        void anAddressTellsTheNameThatWasAskedForAndNotWhatItIsAnAliasOf() {
            dns.host("real.test", "10.0.0.1").alias("alias.test", "real.test");
            try (var resolver = resolver(UnaryOperator.identity())) {
                InetAddress address =
                        resolver.resolve("alias.test").syncUninterruptibly().getNow();

                assertThat(address.getHostName()).isEqualTo("alias.test");
            }
        }
    }

    @Nested
    class OfEgressAddressResolver {

        @ParameterizedTest
        @ValueSource(strings = {"127.0.0.1", "::1"})
        void reactorNettyMakesAResolvedAddressOfALiteral(String literal) {
            assertThat(AddressUtils.createUnresolved(literal, 80).isUnresolved())
                    .isFalse();
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void whatAResolverTakesForResolvedIsConnectedToWithoutAskingIt(boolean resolved) throws Exception {
            var asked = new AtomicInteger();
            try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                var address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
                new Bootstrap()
                        .group(loops)
                        .channel(NioSocketChannel.class)
                        .resolver(new AddressResolverGroup<InetSocketAddress>() {
                            @Override
                            protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
                                return new Resolver(executor, resolved, asked);
                            }
                        })
                        .handler(new ChannelInboundHandlerAdapter())
                        .connect(address)
                        .syncUninterruptibly()
                        .channel()
                        .close()
                        .syncUninterruptibly();

                assertThat(asked.get()).isEqualTo(resolved ? 0 : 1);
            }
        }

        private static final class Resolver extends AbstractAddressResolver<InetSocketAddress> {

            private final boolean resolved;
            private final AtomicInteger asked;

            Resolver(EventExecutor executor, boolean resolved, AtomicInteger asked) {
                super(executor, InetSocketAddress.class);
                this.resolved = resolved;
                this.asked = asked;
            }

            @Override
            protected boolean doIsResolved(InetSocketAddress address) {
                return resolved;
            }

            @Override
            protected void doResolve(InetSocketAddress address, Promise<InetSocketAddress> promise) {
                asked.incrementAndGet();
                promise.setSuccess(address);
            }

            @Override
            protected void doResolveAll(InetSocketAddress address, Promise<List<InetSocketAddress>> promise) {
                asked.incrementAndGet();
                promise.setSuccess(List.of(address));
            }
        }
    }
}
