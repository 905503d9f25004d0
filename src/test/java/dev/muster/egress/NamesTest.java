package dev.muster.egress;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.DnsServerAddresses;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.resources.LoopResources;

/// Names are looked up over the wire, of a server that loses packets.
@Timeout(60)
class NamesTest {

    /// What a server is given before its silence fails a lookup.
    private static final Duration SILENCE = Duration.ofSeconds(2);

    private static final Duration BOUND = Duration.ofSeconds(10);

    private static final int MOST = 20;

    private final LoopResources loops = LoopResources.create("names", 1, true);
    private final ScriptedDns dns = new ScriptedDns();
    private final ScriptedDns second = new ScriptedDns();

    @AfterEach
    void close() {
        dns.close();
        second.close();
        loops.disposeLater(Duration.ZERO, BOUND).block(BOUND);
    }

    static Stream<Arguments> losses() {
        return Stream.of(DnsRecordType.A, DnsRecordType.AAAA)
                .flatMap(type -> Stream.of(0, 1, 2).map(number -> Arguments.of(type, number)));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aLostPacketOrTwoCostLessThanTheSilenceOfAServer(DnsRecordType type, int number) throws Exception {
        dns.host("both.test", "10.0.0.1", "fd00::1").losing(type, number);
        try (var names = names(Set.of())) {
            long startedAt = System.nanoTime();
            assertThat(literals(lookup(names, "both.test"))).contains("10.0.0.1");
            assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isLessThan(SILENCE);
        }
    }

    @Test
    void aNameIsAskedForThreeTimesAndNoMore() {
        dns.host("lost.test", "10.0.0.1").losing(DnsRecordType.A, 100).losing(DnsRecordType.AAAA, 100);
        try (var names = names(Set.of())) {
            Future<List<InetSocketAddress>> answer = lookup(names, "lost.test");

            assertThat(answer.awaitUninterruptibly(BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(answer.cause()).isInstanceOf(UnknownHostException.class);
            assertThat(dns.questions()).filteredOn("A lost.test."::equals).hasSize(Lookup.TIMES);
        }
    }

    @Test
    void ofNamesThatNobodyAnswersForSoManyAreLookedUpAtOnceAndNoMore() throws Exception {
        dns.losing(DnsRecordType.A, 1_000).losing(DnsRecordType.AAAA, 1_000);
        try (var names = names(Set.of())) {
            List<Future<List<InetSocketAddress>>> answers = IntStream.rangeClosed(0, MOST)
                    .mapToObj(i -> lookup(names, "n%d.test".formatted(i)))
                    .toList();

            Future<List<InetSocketAddress>> last = answers.getLast();
            assertThat(last.awaitUninterruptibly(BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(last.cause()).isInstanceOf(TooManyLookupsException.class);
            assertThat(answers.getFirst().isDone()).isFalse();
            assertThat(answers)
                    .allSatisfy(answer -> assertThat(answer.awaitUninterruptibly(BOUND.toSeconds(), TimeUnit.SECONDS))
                            .isTrue());
            dns.losing(DnsRecordType.A, 0).losing(DnsRecordType.AAAA, 0).host("both.test", "10.0.0.1");
            assertThat(literals(lookup(names, "both.test"))).containsExactly("10.0.0.1");
        }
    }

    @Test
    void aNameThatDoesNotExistIsNotAskedForAgain() {
        try (var names = names(Set.of())) {
            assertThat(lookup(names, "none.test").awaitUninterruptibly().cause())
                    .isInstanceOf(UnknownHostException.class);
            assertThat(dns.questions()).filteredOn("A none.test."::equals).hasSize(1);
        }
    }

    @Test
    void whenTheFirstServerIsSilentTheNextAnswersBeforeItsTimeIsOver() throws Exception {
        dns.losing(DnsRecordType.A, 100).losing(DnsRecordType.AAAA, 100);
        second.host("both.test", "10.0.0.2");
        var servers = DnsServerAddresses.sequential(dns.address(), second.address());
        try (var names = new Names(loops, _ -> servers.stream(), _ -> false)) {
            long startedAt = System.nanoTime();
            assertThat(literals(lookup(names, "both.test"))).containsExactly("10.0.0.2");
            assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isLessThan(SILENCE);
        }
    }

    @Test
    void aLookupThatHasHadToWaitIsNotJoined() throws Exception {
        dns.host("late.test", "10.0.0.1").losing(DnsRecordType.A, 3).losing(DnsRecordType.AAAA, 3);
        try (var names = names(Set.of())) {
            Future<List<InetSocketAddress>> stuck = lookup(names, "late.test");
            assertThat(stuck.awaitUninterruptibly(900)).isFalse();

            assertThat(literals(lookup(names, "late.test"))).containsExactly("10.0.0.1");
            assertThat(stuck.isDone()).isFalse();
        }
    }

    @Test
    void whoAsksAtTheSameTimeSharesTheAnswer() throws Exception {
        dns.host("both.test", "10.0.0.1");
        try (var names = names(Set.of())) {
            AddressResolver<InetSocketAddress> resolver =
                    names.getResolver(loops.onClient(true).next());
            var address = InetSocketAddress.createUnresolved("both.test", 80);
            var answers = Stream.generate(() -> resolver.resolveAll(address))
                    .limit(20)
                    .toList();

            for (var answer : answers) {
                assertThat(literals(answer)).containsExactly("10.0.0.1");
            }
            assertThat(dns.questions().size()).isLessThan(20);
        }
    }

    @Test
    void anAnswerThatIsCutOffIsFetchedOverTcp() throws Exception {
        dns.host("both.test", "10.0.0.1", "10.0.0.2").truncating();
        try (var names = names(Set.of())) {
            assertThat(literals(lookup(names, "both.test"))).containsExactly("10.0.0.1", "10.0.0.2");
        }
    }

    @Test
    void onlyAConfiguredNameIsLookedUpInTheSearchDomains() throws Exception {
        dns.host("secret.ns.svc.cluster.local", "10.0.0.1").host("pricing.ns.svc.cluster.local", "10.0.0.2");
        try (var names = names(Set.of("pricing"))) {
            assertThat(literals(lookup(names, "pricing"))).containsExactly("10.0.0.2");

            assertThat(lookup(names, "secret").awaitUninterruptibly().cause()).isInstanceOf(UnknownHostException.class);
            assertThat(lookup(names, "secret.ns").awaitUninterruptibly().cause())
                    .isInstanceOf(UnknownHostException.class);
            assertThat(literals(lookup(names, "secret.ns.svc.cluster.local"))).containsExactly("10.0.0.1");
            assertThat(dns.questions())
                    .filteredOn(question -> question.startsWith("A secret"))
                    .containsExactly("A secret.", "A secret.ns.", "A secret.ns.svc.cluster.local.");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "direct.test, secret.test, true",
        "direct.test, secret.test, false",
        "chain.test, secret.test, true",
        "chain.test, secret.test, false",
        "chain.test, middle.test, true",
        "chain.test, middle.test, false",
        "CHAIN.test., Middle.test., true",
        "DIRECT.test, secret.test., false"
    })
    void aNameThatIsAnAliasOfADeniedOneIsDenied(String name, String denied, boolean follows) {
        dns.host("secret.test", "93.184.215.14")
                .alias("direct.test", "secret.test")
                .alias("chain.test", "middle.test")
                .alias("middle.test", "secret.test");
        if (!follows) {
            dns.notFollowing();
        }
        try (var names = names(Set.of())) {
            assertThat(judged(names, name, denied, Set.of())
                            .awaitUninterruptibly()
                            .cause())
                    .isInstanceOf(EgressDeniedException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"chain.test", "secret.test", "other.test"})
    void aNameThatIsNoAliasOfADeniedOneIsAllowed(String name) throws Exception {
        dns.host("secret.test", "93.184.215.14")
                .host("other.test", "93.184.215.14")
                .alias("chain.test", "middle.test")
                .alias("middle.test", "secret.test")
                .alias("denied.test", "secret.test");
        try (var names = names(Set.of())) {
            assertThat(literals(judged(names, name, "denied.test", Set.of()))).containsExactly("93.184.215.14");
        }
    }

    @Test
    void aTrustedAuthorityIsAllowedWhateverItIsAnAliasOf() throws Exception {
        dns.host("secret.test", "93.184.215.14").alias("direct.test", "secret.test");
        try (var names = names(Set.of())) {
            assertThat(literals(judged(names, "direct.test", "secret.test", Set.of(Authority.of("direct.test", 80)))))
                    .containsExactly("93.184.215.14");
        }
    }

    private Names names(Set<String> searched) {
        var servers = DnsServerAddresses.singleton(dns.address());
        DnsServerAddressStreamProvider provider = _ -> servers.stream();
        return new Names(
                loops,
                provider,
                searched::contains,
                builder -> builder.searchDomains(List.of("ns.svc.cluster.local", "svc.cluster.local"))
                        .ndots(5),
                MOST);
    }

    private Future<List<InetSocketAddress>> judged(Names names, String name, String denied, Set<Authority> trusted) {
        var policy = new EgressPolicy(
                new EgressProperties(List.of(), List.of(denied), List.of("80")), trusted, new OwnPorts());
        return new EgressAddressResolverGroup(policy, names)
                .getResolver(loops.onClient(true).next())
                .resolveAll(InetSocketAddress.createUnresolved(name, 80));
    }

    private Future<List<InetSocketAddress>> lookup(Names names, String name) {
        return names.getResolver(loops.onClient(true).next()).resolveAll(InetSocketAddress.createUnresolved(name, 80));
    }

    private static List<String> literals(Future<List<InetSocketAddress>> answer) throws Exception {
        return answer.get(BOUND.toSeconds(), TimeUnit.SECONDS).stream()
                .map(address -> address.getAddress().getHostAddress())
                .toList();
    }
}
