package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.local.LocalAddress;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.NoopAddressResolverGroup;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EgressAddressResolverGroupTest {

    private static final InetAddress PUBLIC = InetAddress.ofLiteral("93.184.215.14");
    private static final InetAddress PUBLIC6 = InetAddress.ofLiteral("2606:2800:21f::1");
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final InetAddress METADATA = InetAddress.ofLiteral("169.254.169.254");

    private final DefaultEventExecutor executor = new DefaultEventExecutor();

    @AfterAll
    void stop() throws InterruptedException {
        assertThat(executor.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void everyAddressIsSupportedAndNoneIsResolvedSoThatNoneIsConnectedToDirectly() {
        AddressResolver<InetSocketAddress> resolver = resolver(host -> List.of());

        for (SocketAddress address : List.of(
                new InetSocketAddress(LOOPBACK, 80),
                new InetSocketAddress(PUBLIC, 80),
                InetSocketAddress.createUnresolved("example.com", 80),
                new LocalAddress("socket"))) {
            assertThat(resolver.isSupported(address)).isTrue();
            assertThat(resolver.isResolved(address)).isFalse();
        }
    }

    @Test
    void aNameThatIsAllowedResolvesToAllItsAddresses() throws Exception {
        AddressResolver<InetSocketAddress> resolver = resolver(host -> List.of(PUBLIC, PUBLIC6));

        assertThat(all(resolver, "example.com"))
                .containsExactly(new InetSocketAddress(PUBLIC, 80), new InetSocketAddress(PUBLIC6, 80));
        assertThat(get(resolver.resolve(name("example.com")))).isEqualTo(new InetSocketAddress(PUBLIC, 80));
    }

    @Test
    void onlyTheAllowedOfMixedAddressesRemain() throws Exception {
        AddressResolver<InetSocketAddress> resolver = resolver(host -> List.of(LOOPBACK, PUBLIC, METADATA));

        assertThat(all(resolver, "example.com")).containsExactly(new InetSocketAddress(PUBLIC, 80));
        assertThat(get(resolver.resolve(name("example.com")))).isEqualTo(new InetSocketAddress(PUBLIC, 80));
    }

    @Test
    void aNameWithNoAllowedAddressIsDenied() throws Exception {
        assertDenied(resolver(host -> List.of(LOOPBACK, METADATA)), name("example.com"));
    }

    @Test
    void aNameThatIsReboundToLoopbackIsDenied() throws Exception {
        Queue<InetAddress> answers = new ArrayDeque<>(List.of(PUBLIC, LOOPBACK, LOOPBACK));
        AddressResolver<InetSocketAddress> resolver = resolver(host -> List.of(answers.remove()));

        assertThat(all(resolver, "rebound.example")).containsExactly(new InetSocketAddress(PUBLIC, 80));
        assertDenied(resolver, name("rebound.example"));
        assertThat(answers).isEmpty();
    }

    @Test
    void aNameIsLookedUpOnceForOneConnection() throws Exception {
        List<String> lookups = new ArrayList<>();
        AddressResolver<InetSocketAddress> resolver = resolver(host -> {
            lookups.add(host);
            return List.of(PUBLIC);
        });

        assertThat(all(resolver, "example.com")).hasSize(1);
        assertThat(lookups).containsExactly("example.com");
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "a.localhost.", "2130706433", "127.1", "foo~bar", "127。0。0。1", "fe80::1%eth0"})
    void aNameThatIsRefusedByItselfIsNeverLookedUp(String host) throws Exception {
        List<String> lookups = new ArrayList<>();
        AddressResolver<InetSocketAddress> resolver = resolver(it -> {
            lookups.add(it);
            return List.of(PUBLIC);
        });

        assertThat(failure(resolver.resolveAll(name(host)))).isInstanceOf(EgressDeniedException.class);
        assertThat(lookups).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:7f00:1", "64:ff9b::7f00:1"})
    void aLiteralIsJudgedAlthoughItNeedsNoResolution(String literal) throws Exception {
        AddressResolver<InetSocketAddress> resolver = resolver(host -> List.of(PUBLIC));

        assertDenied(resolver, new InetSocketAddress(InetAddress.ofLiteral(literal), 80));
        assertDenied(resolver, name(literal));
    }

    @Test
    void anAllowedLiteralIsItself() throws Exception {
        InetSocketAddress literal = new InetSocketAddress(PUBLIC, 80);

        assertThat(get(resolver(host -> List.of()).resolveAll(literal))).containsExactly(literal);
    }

    @Test
    void aPortThatIsNotListedIsDenied() throws Exception {
        assertDenied(resolver(host -> List.of(PUBLIC)), InetSocketAddress.createUnresolved("example.com", 8080));
    }

    @Test
    void anAddressThatHasNoIpIsDenied() throws Exception {
        assertDenied(resolver(host -> List.of(PUBLIC)), new LocalAddress("socket"));
    }

    @Test
    void anUnknownNameStaysUnknown() throws Exception {
        assertThat(failure(resolver(host -> List.of()).resolveAll(name("example.com"))))
                .isInstanceOf(UnknownHostException.class);
    }

    @Test
    void aDelegateThatResolvesNothingLetsNothingThrough() throws Exception {
        @SuppressWarnings({"unchecked", "rawtypes"})
        AddressResolverGroup<InetSocketAddress> noop = (AddressResolverGroup) NoopAddressResolverGroup.INSTANCE;

        assertThat(failure(group(noop).getResolver(executor).resolveAll(name("example.com"))))
                .isInstanceOf(UnknownHostException.class);
    }

    @Test
    void aTrustedAuthorityIsReachedWhateverItsAddressButOnlyOnItsPort() throws Exception {
        EgressPolicy policy = new EgressPolicy(
                new EgressProperties(List.of(), List.of(), List.of("80")),
                Set.of(Authority.of("pricing", 8080)),
                new OwnPorts());
        AddressResolver<InetSocketAddress> resolver = new EgressAddressResolverGroup(
                        policy, new ScriptedResolverGroup(host -> List.of(LOOPBACK)))
                .getResolver(executor);

        assertThat(get(resolver.resolveAll(InetSocketAddress.createUnresolved("pricing", 8080))))
                .containsExactly(new InetSocketAddress(LOOPBACK, 8080));
        assertDenied(resolver, name("pricing"));
    }

    private AddressResolver<InetSocketAddress> resolver(Function<String, List<InetAddress>> script) {
        return group(new ScriptedResolverGroup(script)).getResolver(executor);
    }

    private static EgressAddressResolverGroup group(AddressResolverGroup<InetSocketAddress> delegate) {
        return new EgressAddressResolverGroup(
                new EgressPolicy(
                        new EgressProperties(List.of(), List.of(), List.of("80", "443")), Set.of(), new OwnPorts()),
                delegate);
    }

    private static InetSocketAddress name(String host) {
        return InetSocketAddress.createUnresolved(host, 80);
    }

    private static List<InetSocketAddress> all(AddressResolver<InetSocketAddress> resolver, String host)
            throws Exception {
        return get(resolver.resolveAll(name(host)));
    }

    private static void assertDenied(AddressResolver<InetSocketAddress> resolver, SocketAddress address)
            throws Exception {
        assertThat(failure(resolver.resolveAll(address))).isInstanceOf(EgressDeniedException.class);
        assertThat(failure(resolver.resolve(address))).isInstanceOf(EgressDeniedException.class);
    }

    private static <T> T get(Future<T> future) throws Exception {
        return future.get(5, TimeUnit.SECONDS);
    }

    private static Throwable failure(Future<?> future) throws InterruptedException {
        assertThat(future.await(5, TimeUnit.SECONDS)).isTrue();
        return future.cause();
    }
}
