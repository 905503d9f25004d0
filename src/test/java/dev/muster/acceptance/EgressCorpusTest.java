package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.dns.DnsAddressResolverGroup;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.core.io.ClassPathResource;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The attempts of `egress-attempts.txt`, over the wire, with a look at the sockets: Muster begins to open no
/// connection but to its upstream, and nobody comes to a port that listens on every address of this machine.
@Import(EgressCorpusTest.Sockets.class)
class EgressCorpusTest extends RunningMuster {

    private static final Map<String, String> SPECIAL = Map.ofEntries(
            entry("loopback", "loopback"),
            entry("this-network", "\"this network\""),
            entry("unspecified", "unspecified"),
            entry("compatible", "IPv4-compatible"),
            entry("translated", "IPv4-translated"),
            entry("private-use", "private-use"),
            entry("link-local", "link-local"),
            entry("cgnat", "carrier-grade NAT"),
            entry("protocol", "protocol assignment"),
            entry("documentation", "documentation"),
            entry("benchmarking", "benchmarking"),
            entry("as112", "AS112"),
            entry("amt", "AMT relay"),
            entry("6to4-relay", "6to4 relay"),
            entry("multicast", "multicast"),
            entry("reserved", "reserved"),
            entry("unique-local", "unique local"),
            entry("site-local", "site-local"),
            entry("6to4", "6to4"),
            entry("teredo", "Teredo"),
            entry("local-nat64", "local-use NAT64"),
            entry("discard-only", "discard-only"),
            entry("dummy", "dummy prefix"),
            entry("segments", "segment routing"),
            entry("metadata", "cloud metadata"));

    private static final Map<String, String> RULES = Map.ofEntries(
            entry("number", "a host that ends in a number must be an IPv4 address"),
            entry("percent", "a host must carry neither percent-encoding nor a zone id"),
            entry("colons", "a host with colons must be an IPv6 address"),
            entry("labels", "a host name has labels of 1 to 63 characters"),
            entry("localhost", "localhost names may not be called"),
            entry("resolves", "the host resolves to an address that is not public"),
            entry("denied", "the host is denied by muster.egress.deny"),
            entry("port", "is not among muster.egress.ports"),
            entry("self", "Muster does not call itself"));

    private static final JsonMapper JSON = new JsonMapper();
    private static final TalkativeDns dns = TalkativeDns.start();
    private static final ServerSocket everywhere = listenEverywhere();
    private static final AtomicInteger visitors = new AtomicInteger();
    private static final AtomicInteger streams = new AtomicInteger();
    private static final DisposableServer http2 = HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .protocol(HttpProtocol.H2C)
            .handle((_, response) -> {
                streams.incrementAndGet();
                return response.send();
            })
            .bindNow();

    @LocalServerPort
    private int musterPort;

    @LocalManagementPort
    private int managementPort;

    @Autowired
    private ConnectProbe probe;

    @TestConfiguration(proxyBeanMethods = false)
    static class Sockets {

        @Bean
        ConnectProbe probe() {
            return new ConnectProbe();
        }

        @Bean
        @Primary
        ReactorResourceFactory resourcesOfTheTest(ConnectProbe probe) {
            var resources = new ReactorResourceFactory();
            resources.setUseGlobalResources(false);
            resources.setLoopResourcesSupplier(() -> probe);
            return resources;
        }

        @Bean
        @Primary
        AddressResolverGroup<InetSocketAddress> namesOfTheTest() {
            return new DnsAddressResolverGroup(new DnsNameResolverBuilder()
                    .datagramChannelType(NioDatagramChannel.class)
                    .nameServerProvider(new SingletonDnsServerAddressStreamProvider(dns.address()))
                    .searchDomains(List.of()));
        }
    }

    @DynamicPropertySource
    static void policy(DynamicPropertyRegistry properties) {
        properties.add("muster.egress.allow", () -> "127.0.0.2,denied.attack.test");
        properties.add("muster.egress.deny", () -> "denied.attack.test,*.denied.attack.test");
        properties.add("muster.egress.ports", () -> "80,443,1024-65535");
        properties.add("muster.services.h2.base-url", () -> "http://127.0.0.1:" + http2.port());
        properties.add("muster.services.h2.hosts", () -> "a-127-0-0-1.attack.test");
        properties.add("muster.services.h2.protocol", () -> "h2c");
    }

    private static ServerSocket listenEverywhere() {
        try {
            var listener = new ServerSocket(0);
            Thread.ofVirtual().start(() -> {
                while (!listener.isClosed()) {
                    try (var visitor = listener.accept()) {
                        visitors.incrementAndGet();
                        visitor.getOutputStream().write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(UTF_8));
                    } catch (IOException gone) {
                        // whoever it was has been counted
                    }
                }
            });
            return listener;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterAll
    static void close() throws IOException {
        everywhere.close();
        dns.close();
        http2.disposeNow();
    }

    @BeforeEach
    void forgetConnects() {
        probe.forget();
        visitors.set(0);
        streams.set(0);
    }

    static List<Attempt> attempts() throws IOException {
        try (var lines = new ClassPathResource("egress-attempts.txt").getInputStream()) {
            return new String(lines.readAllBytes(), UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Attempt::parse)
                    .toList();
        }
    }

    @Test
    void corpusIsLarge() throws IOException {
        assertThat(attempts()).doesNotHaveDuplicates().hasSizeGreaterThan(150);
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void nothingIsConnectedTo(Attempt attempt) {
        var response = muster.post("{\"requests\": [%s]}".formatted(attempt.call(this::withPorts)));

        switch (attempt.rule()) {
            case "invalid-url", "invalid-path" -> {
                assertThat(response.statusCode()).as(response.body()).isEqualTo(400);
                assertThat(response.body())
                        .contains("#/requests/0/" + attempt.rule().substring("invalid-".length()))
                        .doesNotContain("secret");
            }
            case "stays" ->
                assertThat(result(response.body()).path("status").intValue()).isEqualTo(404);
            case "broken" ->
                assertThat(result(response.body()).at("/error/type").asString()).isEqualTo("protocol-error");
            default -> {
                var error = result(response.body()).path("error");
                assertThat(error.path("type").asString()).as(response.body()).isEqualTo("egress-denied");
                assertThat(error.path("detail").asString()).contains(attempt.ruleText());
                assertThat(error.path("sent").booleanValue()).isEqualTo(attempt.isRedirect());
            }
        }
        assertThat(connectedElsewhere()).isEmpty();
        assertThat(visitors).hasValue(0);
    }

    @Test
    void rebindingFindsNoGap() {
        for (int i = 0; i < 5; i++) {
            muster.post("{\"requests\": [\"%s\"]}".formatted(withPorts("http://rebind.attack.test:PORT/")));
        }

        assertThat(probe.connects())
                .allSatisfy(to -> assertThat(to.getAddress()).isEqualTo(InetAddress.ofLiteral("127.0.0.2")));
    }

    @Test
    void ofSeveralAddressesOnlyTheAllowedOneIsConnectedTo() {
        for (var name : List.of("a-10-0-0-1-and-a-127-0-0-2-and-a-127-0-0-1", "a-127-0-0-2-and-aaaa-0-1")) {
            muster.post("{\"requests\": [\"%s\"]}".formatted(withPorts("http://" + name + ".attack.test:PORT/")));
        }

        assertThat(probe.connects())
                .hasSize(2)
                .allSatisfy(to -> assertThat(to.getAddress()).isEqualTo(InetAddress.ofLiteral("127.0.0.2")));
    }

    /// A browser would take the connection that it has for a name that resolves to the same address.
    @Test
    void anotherNameDoesNotGetOntoAnOpenHttp2Connection() {
        var own = muster.post("{\"requests\": [{\"service\": \"h2\", \"path\": \"/\"}]}");
        var other = muster.post("{\"requests\": [\"http://a-127-0-0-1.attack.test:%d/\"]}".formatted(http2.port()));

        assertThat(result(own.body()).path("outcome").asString()).as(own.body()).isEqualTo("succeeded");
        assertThat(result(other.body()).at("/error/type").asString()).isEqualTo("egress-denied");
        assertThat(streams).hasValue(1);
    }

    /// Redirects are followed as far as they may be, and the next hop is judged all the same.
    @Test
    void aChainOfRedirectsEndsWhereItLeavesThePolicy() {
        var chain = "/redirect-to?/redirect-to?/redirect-to?" + withPorts("http://127.0.0.1:PORT/");
        var response = muster.post(
                Batch.gather(Call.up("chain", chain).with("redirects", 5)).json());
        var result = result(response.body());

        assertThat(result.at("/error/type").asString()).isEqualTo("egress-denied");
        assertThat(result.path("redirects").valueStream().map(JsonNode::asString))
                .hasSize(3)
                .last()
                .isEqualTo(withPorts("http://127.0.0.1:PORT/"));
        assertThat(connectedElsewhere()).isEmpty();
    }

    private Stream<InetSocketAddress> connectedElsewhere() {
        var services = Set.of(upstream.port(), particular.port(), narrow.port());
        return probe.connects().stream()
                .filter(to -> !(to.getAddress().equals(InetAddress.ofLiteral("127.0.0.1"))
                        && services.contains(to.getPort())));
    }

    private String withPorts(String text) {
        return text.replace("PORT", Integer.toString(everywhere.getLocalPort()))
                .replace("MUSTER", Integer.toString(musterPort))
                .replace("MANAGEMENT", Integer.toString(managementPort));
    }

    private static JsonNode result(String body) {
        return JSON.readTree(body).at("/results/0");
    }

    /// A line of the corpus.
    ///
    /// @param kind `url`, `redirect` or `path`
    /// @param text as it stands inside a JSON string
    record Attempt(String rule, String kind, String text) {

        static Attempt parse(String line) {
            var words = line.split(" +", 2);
            for (var kind : List.of("redirect", "path")) {
                if (words[1].startsWith(kind + " ")) {
                    return new Attempt(words[0], kind, words[1].substring(kind.length() + 1));
                }
            }
            return new Attempt(words[0], "url", words[1]);
        }

        boolean isRedirect() {
            return kind.equals("redirect");
        }

        String ruleText() {
            var purpose = SPECIAL.get(rule);
            var text = purpose == null ? RULES.get(rule) : purpose + " addresses may not be called";
            assertThat(text).as("rule %s", rule).isNotNull();
            return text;
        }

        String call(UnaryOperator<String> ports) {
            return switch (kind) {
                case "redirect" ->
                    "{\"service\": \"up\", \"path\": \"/redirect-to?%s\", \"redirects\": 5}"
                            .formatted(ports.apply(text));
                case "path" -> "{\"service\": \"up\", \"path\": \"%s\"}".formatted(ports.apply(text));
                default -> "{\"url\": \"%s\"}".formatted(ports.apply(text));
            };
        }

        @Override
        public String toString() {
            return rule + " " + kind + " " + text;
        }
    }
}
