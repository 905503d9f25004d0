package dev.muster.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.util.unit.DataSize;

class ServiceCatalogueTest {

    private static final Service BUILT_IN = new Service(
            "default",
            new Location(List.of(), List.of(), null),
            new CallSettings(Duration.ofMillis(300), false, 0, true, Set.of()),
            new ConnectionSettings(Protocol.HTTP1, Duration.ofMillis(100), null),
            new PoolSettings(500, 2_000, Duration.ofSeconds(4), Duration.ofMinutes(5), 100),
            new HostSettings(null, null),
            new ResilienceSettings(new Ejection(5, Duration.ofSeconds(5)), new RetryBudget(0.2, 1), null, null, null),
            new ReuseSettings(null, false));

    /// Differs from the built-in values in every field.
    private static final ServiceProperties OTHER = new ServiceProperties(
            new LocationProperties(URI.create("http://other:8080"), null, List.of("other"), null),
            new CallProperties(Duration.ofMillis(1), true, 3, false, List.of("X-Other")),
            new ConnectionProperties(Protocol.H2C, Duration.ofMillis(2), "other"),
            new PoolProperties(4, 5, Duration.ofMillis(6), Duration.ofMillis(7), 8),
            new HostProperties(20, 2.1),
            new ResilienceProperties(
                    new Ejection(9, Duration.ofMillis(10)),
                    new RetryBudget(0.11, 12),
                    new Hedge("13ms", 1),
                    new AdaptiveConcurrency(15, 14, 16),
                    new Fallback(Duration.ofMillis(17), DataSize.ofBytes(18), "{}", "a/b", 200)),
            new ReuseProperties(new CacheSettings(DataSize.ofBytes(19)), true));

    private static Service other(String name, @Nullable String baseUrl, List<String> hosts) {
        return new Service(
                name,
                new Location(baseUrl == null ? List.of() : List.of(URI.create(baseUrl)), hosts, null),
                new CallSettings(Duration.ofMillis(1), true, 3, false, Set.of("x-other")),
                new ConnectionSettings(Protocol.H2C, Duration.ofMillis(2), "other"),
                new PoolSettings(4, 5, Duration.ofMillis(6), Duration.ofMillis(7), 8),
                new HostSettings(20, 2.1),
                new ResilienceSettings(
                        new Ejection(9, Duration.ofMillis(10)),
                        new RetryBudget(0.11, 12),
                        new Hedge("13ms", 1),
                        new AdaptiveConcurrency(15, 14, 16),
                        new Fallback(Duration.ofMillis(17), DataSize.ofBytes(18), "{}", "a/b", 200)),
                new ReuseSettings(new CacheSettings(DataSize.ofBytes(19)), true));
    }

    @Test
    void hasTheBuiltInServiceWhenNothingIsConfigured() {
        var catalogue = new ServiceCatalogue(Map.of());

        assertThat(catalogue.all()).containsExactly(BUILT_IN);
        assertThat(catalogue.ofHost("anything.example")).isEqualTo(BUILT_IN);
        assertThat(catalogue.callableNames()).isEmpty();
    }

    @Test
    void fillsInTheBuiltInValuesWhenThereIsNoDefaultEntry() {
        var catalogue = new ServiceCatalogue(Map.of("a", entry(null, List.of())));

        assertThat(catalogue.named("a"))
                .usingRecursiveComparison()
                .ignoringFields("name")
                .isEqualTo(BUILT_IN);
    }

    @Test
    void takesEveryFieldFromTheEntry() {
        var catalogue = new ServiceCatalogue(Map.of("a", OTHER));

        assertThat(catalogue.named("a")).isEqualTo(other("a", "http://other:8080", List.of("other")));
        assertThat(catalogue.named("default")).isEqualTo(BUILT_IN);
    }

    @Test
    void inheritsEveryFieldFromDefaultButWhereItIs() {
        var entries = new LinkedHashMap<String, ServiceProperties>();
        entries.put("a", entry("http://a", List.of()));
        entries.put("default", OTHER);

        var catalogue = new ServiceCatalogue(entries);

        assertThat(catalogue.named("a")).isEqualTo(other("a", "http://a", List.of()));
        assertThat(catalogue.named("default")).isEqualTo(other("default", "http://other:8080", List.of("other")));
        assertThat(catalogue.callableNames()).containsExactlyInAnyOrder("a", "default");
    }

    @Test
    void callsByNameOnlyWhatHasABaseUrl() {
        var catalogue = new ServiceCatalogue(Map.of("a", entry("http://a", List.of()), "b", entry(null, List.of("b"))));

        assertThat(catalogue.callableNames()).containsExactly("a");
        assertThat(catalogue.all()).extracting(Service::name).containsExactlyInAnyOrder("default", "a", "b");
        assertThatIllegalArgumentException().isThrownBy(() -> catalogue.named("c"));
    }

    @ParameterizedTest
    @CsvSource({
        "pricing,              exact",
        "PRICING,              exact",
        "x.pricing.svc,        suffix",
        "X.Pricing.SVC,        suffix",
        "y.x.pricing.svc,      suffix",
        "a.eu.pricing.svc,     longer",
        "b.a.eu.pricing.svc,   longer",
        "eu.pricing.svc,       suffix",
        "one.eu.pricing.svc,   exact",
        "a.one.eu.pricing.svc, longer",
        "pricing.svc,          default",
        "xpricing.svc,         default",
        "pricing.svc.evil,     default",
        "xpricing,             default",
        "svc,                  default",
        "Pricing.,             exact",
        "ONE.eu.pricing.svc.,  exact",
        "eu.pricing.svc.,      suffix",
        "a.eu.pricing.svc.,    longer",
        "dotted,               dotted",
        "dotted.,              dotted",
        "127.0.0.1,            literal",
        "127.0.0.1.,           literal",
        "[::ffff:127.0.0.1],   literal",
        "[::FFFF:7f00:1],      literal",
        "[2001:db8::1],        literal",
        "[2001:DB8::1],        literal",
        "[2001:db8:0:0::1],    literal",
        "[2001:0db8:0:0:0:0:0:1], literal",
        "[2001:db8::2],        default",
        "[zz],                 default"
    })
    void findsTheServiceOfAHostByItsExactNameElseByTheLongestSuffix(String host, String service) {
        var catalogue = new ServiceCatalogue(Map.of(
                "exact", entry(null, List.of("Pricing", "one.eu.pricing.svc")),
                "suffix", entry(null, List.of("*.pricing.svc")),
                "longer", entry(null, List.of("*.EU.pricing.svc")),
                "dotted", entry(null, List.of("dotted.")),
                "literal", entry(null, List.of("127.0.0.1", "[2001:db8::1]"))));

        assertThat(catalogue.ofHost(host).name()).isEqualTo(service);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "*",
                "*.",
                "**",
                "*.*.svc",
                "a.*",
                "a*",
                "*a",
                "*.a*",
                "http://a",
                "a:80",
                "a/b",
                "a b",
                ".a",
                "*..a",
                "a~b"
            })
    void refusesAHostPatternThatIsNone(String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(Map.of("pricing", entry(null, List.of(pattern)))))
                .withMessage("muster.services.pricing.hosts: '%s' is neither a host name nor *.suffix", pattern);
    }

    @ParameterizedTest
    @CsvSource({"a.svc, A.svc", "*.svc, *.SVC"})
    void refusesAHostThatTwoServicesClaim(String one, String other) {
        var entries = new LinkedHashMap<String, ServiceProperties>();
        entries.put("first", entry(null, List.of(one)));
        entries.put("second", entry(null, List.of(other)));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(entries))
                .withMessage("muster.services.second.hosts: '%s' is claimed by first too", other);
    }

    @ParameterizedTest
    @CsvSource({
        "http://a,           http://a",
        "http://a/,          http://a",
        "HTTPS://a:8443/v2/, HTTPS://a:8443/v2",
        "http://[::1]:80/x,  http://[::1]:80/x"
    })
    void keepsABaseUrlWithoutItsTrailingSlash(URI given, URI kept) {
        assertThat(new ServiceCatalogue(Map.of("a", entry(given.toString(), List.of())))
                        .named("a")
                        .location()
                        .baseUrl())
                .isEqualTo(kept);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "/a",
                "//a",
                "ftp://a",
                "http:/a",
                "http:a",
                "mailto:a@b",
                "http://foo_bar:x",
                "http://a:b"
            })
    void refusesABaseUrlThatIsNotAbsolute(String baseUrl) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(Map.of("pricing", entry(baseUrl, List.of()))))
                .withMessage("muster.services.pricing.base-url: is not an absolute http or https URL");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://user:secret@a", "http://a?b", "http://a/?", "http://a#b"})
    void refusesABaseUrlThatHasMoreThanHostAndPathWithoutRepeatingIt(String baseUrl) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(Map.of("pricing", entry(baseUrl, List.of()))))
                .withMessage("muster.services.pricing.base-url: must not have user information, query or fragment");
    }

    @Test
    void forwardsToBaseUrlsOnly() {
        var catalogue = new ServiceCatalogue(
                Map.of(
                        "a",
                        entry("http://A:80/v1", List.of("a"), List.of("X-A")),
                        "b",
                        entry("https://b", List.of("b"))),
                List.of("Authorization"));

        assertThat(catalogue.forwardedHeaders()).containsExactlyInAnyOrder("authorization", "x-a");
        assertThat(forwarded(catalogue, "a", "http://a/v1/x")).containsExactlyInAnyOrder("authorization", "x-a");
        assertThat(forwarded(catalogue, "b", "https://B:443/")).containsExactly("authorization");
        assertThat(forwarded(catalogue, "default", "http://a/")).containsExactly("authorization");
        assertThat(forwarded(catalogue, "a", "https://a/")).isEmpty();
        assertThat(forwarded(catalogue, "a", "http://a:8080/")).isEmpty();
        assertThat(forwarded(catalogue, "default", "http://a.example/")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host",
                "Connection",
                "TE",
                "Transfer-Encoding",
                "content-length",
                "Content-Type",
                "Accept",
                "Expect",
                "Proxy-Authorization",
                "X-Forwarded-For",
                "X-Envoy-Expected-Rq-Timeout-Ms",
                "Upgrade",
                "a b",
                "Key"
            })
    void refusesToForwardWhatIsNotForTheUpstream(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(Map.of(), List.of("x-a", name)))
                .withMessageStartingWith("muster.gateway.forward-headers[1]: '%s' ", name);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(Map.of("a", entry("http://a", List.of(), List.of(name)))))
                .withMessageStartingWith("muster.services.a.forward-headers[0]: '%s' ", name);
    }

    private static Set<String> forwarded(ServiceCatalogue catalogue, String service, String url) {
        return catalogue.forwardedHeaders(catalogue.named(service), URI.create(url));
    }

    @Test
    void takesSeveralBaseUrlsOfWhichTheFirstStandsForAll() {
        Service service = new ServiceCatalogue(Map.of("a", several("http://a:1/", "http://a:2/x"))).named("a");

        assertThat(service.location().baseUrls()).containsExactly(URI.create("http://a:1"), URI.create("http://a:2/x"));
        assertThat(service.location().baseUrl()).isEqualTo(URI.create("http://a:1"));
    }

    @Test
    void refusesABaseUrlThatIsThereTwice() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(Map.of("a", several("http://a:1", "http://a:1/"))))
                .withMessage("muster.services.a.base-urls: must not repeat a URL");
    }

    @Test
    void refusesOneBaseUrlNextToSeveral() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ServiceCatalogue(
                        Map.of("a", withBaseUrls(URI.create("http://a:3"), List.of(URI.create("http://a:1"))))))
                .withMessage("muster.services.a.base-urls: base-url must not be given, too");
    }

    private static ServiceProperties several(String... baseUrls) {
        return withBaseUrls(null, Stream.of(baseUrls).map(URI::create).toList());
    }

    private static ServiceProperties withBaseUrls(@Nullable URI baseUrl, List<URI> baseUrls) {
        return at(new LocationProperties(baseUrl, baseUrls, null, null), null);
    }

    private static ServiceProperties entry(@Nullable String baseUrl, List<String> hosts) {
        return entry(baseUrl, hosts, null);
    }

    private static ServiceProperties entry(
            @Nullable String baseUrl, List<String> hosts, @Nullable List<String> forwardHeaders) {
        return at(
                new LocationProperties(baseUrl == null ? null : URI.create(baseUrl), null, hosts, null),
                forwardHeaders);
    }

    private static ServiceProperties at(LocationProperties location, @Nullable List<String> forwardHeaders) {
        ServiceProperties nothing = ServiceEntries.entry();
        return new ServiceProperties(
                location,
                new CallProperties(null, null, null, null, forwardHeaders),
                nothing.connections(),
                nothing.pool(),
                nothing.hosts(),
                nothing.resilience(),
                nothing.reuse());
    }
}
