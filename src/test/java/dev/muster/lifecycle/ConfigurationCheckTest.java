package dev.muster.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.type.filter.AnnotationTypeFilter;

class ConfigurationCheckTest {

    private static List<String> faults(ConfigurableEnvironment environment) {
        return ConfigurationCheck.faults(environment).stream()
                .map(ConfigurationFault::toString)
                .toList();
    }

    /// Of the names alone, by the name.
    private static Map<String, String> faultsOfNames(ConfigurableEnvironment environment) {
        var sources = ConfigurationPropertySources.get(environment);
        var faults = new ConfigurationFaults(sources);
        ConfiguredNames.in(sources, ConfigurationTypes.tree(), faults);
        return faults.all().stream()
                .collect(Collectors.toMap(ConfigurationFault::property, ConfigurationFault::rule, (one, _) -> one));
    }

    /// Every property that there is, with a service, a caller, an instance for each free name and 0 for each index.
    static Stream<Arguments> properties() {
        return properties(ConfigurationTypes.tree(), "");
    }

    record Arguments(String name, PropertyTree tree) {}

    private static Stream<Arguments> properties(PropertyTree tree, String name) {
        return switch (tree) {
            case PropertyTree.Section(var children) ->
                children.entrySet().stream()
                        .flatMap(child -> properties(
                                child.getValue(), name.isEmpty() ? child.getKey() : name + "." + child.getKey()));
            case PropertyTree.Entries(var value) -> properties(value, name + ".a");
            case PropertyTree.Elements _, PropertyTree.Value _ -> Stream.of(new Arguments(name, tree));
        };
    }

    /// Leaves a letter out of the last part of a name that has one to spare, and of the one before.
    private static List<String> misspelt(String name) {
        List<String> parts = Arrays.asList(name.split("\\."));
        List<String> wrong = new ArrayList<>();
        for (int i = 1; i < parts.size(); i++) {
            if (parts.get(i).length() > 2) {
                var changed = new ArrayList<>(parts);
                String part = parts.get(i);
                changed.set(i, part.charAt(0) + part.substring(2));
                wrong.add(String.join(".", changed));
                changed.set(i, part + "x");
                wrong.add(String.join(".", changed));
                changed.set(i, "" + part.charAt(1) + part.charAt(0) + part.substring(2));
                wrong.add(String.join(".", changed));
            }
        }
        return wrong;
    }

    @Test
    void theJarsOwnConfigurationIsValid() {
        assertThat(faults(Environments.with())).isEmpty();
    }

    @Test
    void everyTypeOfPropertiesIsKnown() {
        var scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));

        assertThat(ConfigurationTypes.ALL.stream().map(Class::getName))
                .containsAll(Stream.of("dev.muster", "io.github.resilience4j.springboot")
                        .flatMap(root -> scanner.findCandidateComponents(root).stream())
                        .map(found -> String.valueOf(found.getBeanClassName()))
                        .toList());
    }

    @Test
    void everyPropertyIsTakenAsItIsCalled() {
        List<String> names = properties().map(Arguments::name).toList();

        for (ConfigurableEnvironment environment : List.of(
                Environments.with(names.stream().map(name -> name + "=").toArray(String[]::new)),
                Environments.withVariables(
                        names.stream().map(name -> variable(name) + "=").toArray(String[]::new)),
                Environments.withVariables(names.stream()
                        .map(name -> variable(name.replace('-', '_')) + "=")
                        .toArray(String[]::new)))) {
            assertThat(faultsOfNames(environment)).isEmpty();
        }
    }

    /// All of them in one configuration, whose faults are found at once.
    @Test
    void everyPropertyMisspeltByALetterIsRefusedByItsName() {
        Map<String, String> wrong = new LinkedHashMap<>();
        properties().forEach(property -> misspelt(property.name()).forEach(name -> wrong.put(name, property.name())));
        var known = properties().map(Arguments::name).collect(Collectors.toSet());
        wrong.keySet().removeAll(known);

        var faults = faultsOfNames(Environments.with(
                wrong.keySet().stream().map(name -> name + "=1").toArray(String[]::new)));

        assertEachIsTold(wrong, faults);
    }

    @Test
    void everyVariableMisspeltByALetterIsRefusedByItsName() {
        Map<String, String> wrong = new LinkedHashMap<>();
        properties()
                .forEach(property -> misspelt(property.name())
                        .forEach(name -> wrong.put(variable(name), variable(property.name()))));
        properties().map(property -> variable(property.name())).forEach(wrong::remove);

        var faults = faultsOfNames(Environments.withVariables(
                wrong.keySet().stream().map(name -> name + "=1").toArray(String[]::new)));

        assertEachIsTold(wrong, faults);
    }

    /// @param wrong names, and what is meant by them
    private static void assertEachIsTold(Map<String, String> wrong, Map<String, String> faults) {
        assertThat(wrong)
                .hasSizeGreaterThan(1_500)
                .allSatisfy((name, meant) -> assertThat(faults.get(name))
                        .as(name)
                        .startsWith("there is no such property, did you mean " + meant));
    }

    private static String variable(String property) {
        return property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /// What no value of its type can be.
    private static List<String> impossible(PropertyTree tree) {
        if (!(tree instanceof PropertyTree.Value(var type))) {
            return List.of();
        }
        return switch (type.getSimpleName()) {
            case "Duration" -> List.of("-1s", "soon", "999999999d");
            case "DataSize" -> List.of("-1B", "0B", "large", "1.5MB");
            case "Integer", "int", "Long", "long" -> List.of("-2", "some", "99999999999999999999", "1.5");
            case "Double", "double", "Float", "float" -> List.of("-1", "half");
            case "Boolean", "boolean" -> List.of("maybe");
            case "URI" -> List.of("not a URL", "pricing", "ftp://pricing");
            default -> type.isEnum() ? List.of("nonesuch") : List.of();
        };
    }

    /// One value of each property at a time, of all properties at once.
    private static void assertRefused(List<Arguments> properties, Predicate<String> impossible) {
        for (int i = 0; i < 4; i++) {
            Map<String, String> values = new LinkedHashMap<>();
            for (Arguments property : properties) {
                List<String> wrong = impossible(property.tree());
                if (wrong.size() > i && impossible.test(wrong.get(i))) {
                    values.put(property.name(), wrong.get(i));
                }
            }
            List<ConfigurationFault> faults = ConfigurationCheck.faults(Environments.with(
                    values.entrySet().stream().map(Map.Entry::toString).toArray(String[]::new)));
            values.forEach((name, value) -> assertThat(faults)
                    .as("%s=%s", name, value)
                    .anyMatch(fault -> fault.property().equals(name) && value.equals(fault.value())));
        }
    }

    @Test
    void everyImpossibleValueOfMustersOwnPropertiesIsRefusedWithWhatWouldBeRight() {
        assertRefused(
                properties()
                        .filter(property -> property.name().startsWith("muster."))
                        .toList(),
                _ -> true);
    }

    @Test
    void everyUnreadableValueOfResilience4jIsRefusedByItsName() {
        var instances = properties()
                .filter(property -> property.name().matches("resilience4j.*\\.instances\\.a\\..*"))
                .toList();

        assertThat(instances).hasSizeGreaterThan(50);
        assertRefused(instances, value -> !value.startsWith("-") && !value.endsWith("9d"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            muster.services.a.base-url=pricing:8080                     | muster.services.a.base-url
            muster.services.a.base-url=http://u:hunter2@pricing          | muster.services.a.base-url
            muster.services.a.base-url=http://pricing?a=b               | muster.services.a.base-url
            muster.services.a.base-url=http://pricing#b                 | muster.services.a.base-url
            muster.services.a.base-url=http://pricing:70000             | muster.services.a.base-url
            muster.services.a.hosts=a_b/c                               | muster.services.a.hosts
            muster.services.a.hosts=x,x                                 | muster.services.a.hosts
            muster.services.a.forward-headers=Host                      | muster.services.a.forward-headers[0]
            muster.services.a.ssl-bundle=none                           | muster.services.a.ssl-bundle
            muster.services.a.adaptive-concurrency.initial=1            | muster.services.a.adaptive-concurrency
            muster.services.a.fallback.status=404                       | muster.services.a.fallback
            muster.services.a.redirects=6                               | muster.services.a.redirects
            muster.services.a.hedge.after=p10                           | muster.services.a.hedge.after
            muster.services.a.retry-budget.ratio=1.5                    | muster.services.a.retry-budget.ratio
            muster.gateway.forward-headers=Host                         | muster.gateway.forward-headers[0]
            muster.gateway.deadline-header=a b                          | muster.gateway.deadline-header
            muster.gateway.hidden-response-headers=a b                  | muster.gateway.hidden-response-headers
            muster.gateway.drain-timeout=30s                            | muster.gateway.drain-timeout
            muster.services.default.cache.max-size=1TB                  | muster.services
            muster.services.a.cache.max-size=1TB                        | muster.services
            muster.gateway.max-response-size=2GB                        | muster.gateway.max-response-size
            muster.gateway.timeout=${nowhere}                           | muster.gateway.timeout
            muster.egress.deny=10.0.0.0/33                              | muster.egress.deny[0]
            muster.egress.allow=10.0.0.1/8                              | muster.egress.allow[0]
            muster.egress.ports=8000-70000                              | muster.egress.ports[0]
            muster.auth.mode=basic                                      | muster.auth.mode
            muster.auth.mode=api-key                                    | muster.auth.api-keys
            muster.auth.mode=jwt                                        | muster.auth.mode
            muster.auth.api-keys.alice=sha256:00                        | muster.auth.api-keys
            muster.callers.alice.share=2                                | muster.callers.alice.share
            muster.demo.port=70000                                      | muster.demo.port
            server.address=0.0.0.0                                      | muster.auth.mode
            server.port=70000                                           | server.port
            server.port=http                                            | server.port
            management.server.port=70000                                | management.server.port
            spring.lifecycle.timeout-per-shutdown-phase=soon            | spring.lifecycle.timeout-per-shutdown-phase
            spring.ssl.bundle.pem.x.keystore.certificate=/no/such.pem   | spring.ssl.bundle.pem.x.keystore.certificate
            spring.ssl.bundle.pem.x.truststore.certificate=pom.xml      | spring.ssl.bundle.pem.x
            spring.ssl.bundle.jks.x.truststore.location=/no/such.p12    | spring.ssl.bundle.jks.x.truststore.location
            server.ssl.bundle=none                                      | server.ssl.bundle
            server.ssl.certificate=/no/such.pem                         | server.ssl.certificate
            resilience4j.retry.instances.nobody.max-attempts=2          | resilience4j.retry.instances.nobody
            resilience4j.retry.instances.default.max-attempts=0         | resilience4j.retry.instances.default.max-attempts
            resilience4j.retry.instances.default.base-config=none       | resilience4j.retry.instances.default.base-config
            resilience4j.circuitbreaker.configs.default.failure-rate-threshold=101 | resilience4j.circuitbreaker.configs.default.failure-rate-threshold
            resilience4j.bulkhead.instances.default.max-concurrent-calls=-1 | resilience4j.bulkhead.instances.default.max-concurrent-calls
            resilience4j.ratelimiter.instances.default.limit-for-period=0 | resilience4j.ratelimiter.instances.default.limit-for-period
            """)
    void aWrongValueIsRefusedByTheNameOfItsProperty(String property, String name) {
        assertThat(faults(Environments.with(property)))
                .singleElement()
                .asString()
                .startsWith(name + ": ")
                .doesNotContain("hunter2");
    }

    @Test
    void allFaultsAreFoundAtOnce() {
        assertThat(faults(Environments.withYaml("""
                        muster:
                          gateway: {timout: 1s, timeout: soon, max-requests: 0, drain-timeout: 1m, forward-headers: [Host]}
                          servces: {a: {timeout: 1s}}
                          services:
                            a: {base-url: "pricing", hosts: [x]}
                            b: {base-url: "http://b", base-urls: ["http://c"], hosts: [x], ssl-bundle: none}
                          egress: {denny: ["10.0.0.0/8"], deny: ["10.0.0.0/33"], ports: ["70000"]}
                        resilience4j:
                          retry:
                            instances:
                              nobody: {max-attempts: 1, wait-duraton: 1s}
                        """)))
                .extracting(fault -> fault.replaceFirst(": .*", ""))
                .containsExactlyInAnyOrder(
                        "muster.gateway.timout",
                        "muster.gateway.timeout",
                        "muster.gateway.max-requests",
                        "muster.gateway.drain-timeout",
                        "muster.gateway.forward-headers[0]",
                        "muster.servces.a.timeout",
                        "muster.services.a.base-url",
                        "muster.services.b.base-urls",
                        "muster.services.b.hosts",
                        "muster.services.b.ssl-bundle",
                        "muster.egress.denny[0]",
                        "muster.egress.deny[0]",
                        "muster.egress.ports[0]",
                        "resilience4j.retry.instances.nobody",
                        "resilience4j.retry.instances.nobody.wait-duraton");
    }

    @ParameterizedTest
    @CsvSource({
        "mustr.gateway.timeout, muster.gateway.timeout",
        "musters.services.a.timeout, muster.services.a.timeout",
        "resilence4j.retry.instances.default.max-attempts, resilience4j.retry.instances.default.max-attempts",
        "muster.timeout, muster.gateway.timeout",
        "muster.gateway.services.a, ",
    })
    void aNameAtTheWrongPlaceIsRefused(String wrong, String meant) {
        assertThat(faults(Environments.with(wrong + "=1")))
                .singleElement()
                .asString()
                .startsWith(wrong + ": there is no such property")
                .contains(meant == null ? "" : "did you mean " + meant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "MUSTER_SERVICE_HOST=10.0.0.1",
                "MUSTER_SERVICE_PORT=80",
                "MUSTER_SERVICE_PORT_HTTP=80",
                "MUSTER_PORT=tcp://10.0.0.1:80",
                "MUSTER_PORT_8080_TCP=tcp://10.0.0.1:8080",
                "MUSTER_PORT_8080_TCP_PROTO=tcp",
                "MUSTER_PORT_8080_TCP_PORT=8080",
                "MUSTER_PORT_8080_TCP_ADDR=10.0.0.1",
                "MUSTER_GATEWAY_SERVICE_HOST=10.0.0.1",
                "MUSTER_GATEWAY_PORT=tcp://10.0.0.1:80",
                "MUSTER_GATEWAY_PORT_8080_TCP_ADDR=10.0.0.1",
                "MUSTER_SERVICES_A_SERVICE_HOST=10.0.0.1",
                "MUSTER=here",
                "MASTER_SERVICE_HOST=10.0.0.1",
                "MASTER_GATEWAY=x",
                "PATH=/bin"
            })
    void whatKubernetesAndOthersPutIntoTheEnvironmentIsNoFault(String variable) {
        assertThat(faults(Environments.withVariables(variable))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            credentials.header=X-Key                                     | credentials.value
            credentials.value=hunter2                                    | credentials
            credentials.header=Host credentials.value=hunter2            | credentials.header
            credentials.header=X-Key credentials.value=hunter2\u20ac     | credentials.value
            credentials.oauth2=a credentials.header=X credentials.value=hunter2 | credentials
            credentials.oauth2=nobody                                    | credentials.oauth2
            """)
    void credentialsThatCannotWorkAreRefusedWithoutTheirValue(String properties, String name) {
        String[] given = Stream.concat(Stream.of("base-url=http://a"), Stream.of(properties.split(" ", -1)))
                .map(property -> "muster.services.a." + property)
                .toArray(String[]::new);

        assertThat(faults(Environments.with(given)))
                .anySatisfy(fault -> assertThat(fault.toString()).startsWith("muster.services.a." + name + ": "))
                .allSatisfy(fault -> assertThat(fault.toString()).doesNotContain("hunter2"));
    }

    @ParameterizedTest
    @CsvSource({
        "client-id=,client-id",
        "authorization-grant-type=authorization_code,authorization-grant-type",
    })
    void aRegistrationThatGivesNoTokenIsRefused(String wrong, String name) {
        String registration = "spring.security.oauth2.client.registration.partner.";
        assertThat(faults(Environments.with(
                        "muster.services.a.base-url=http://a",
                        "muster.services.a.credentials.oauth2=partner",
                        registration + "client-id=x",
                        registration + "client-secret=hunter2",
                        registration + "authorization-grant-type=client_credentials",
                        registration + wrong)))
                .singleElement()
                .asString()
                .startsWith(registration + name + ": ");
    }

    @Test
    void credentialsWithoutABaseUrlAreRefused() {
        assertThat(faults(Environments.with(
                        "muster.services.a.credentials.header=X-Key", "muster.services.a.credentials.value=hunter2")))
                .singleElement()
                .asString()
                .startsWith("muster.services.a.credentials: base-url must be given")
                .doesNotContain("hunter2");
    }

    @Test
    void aFaultTellsWhereItIsButNotWhatMayBeSecret() {
        assertThat(faults(Environments.with("muster.auth.mode=api-key", "muster.auth.api-keys.alice=hunter2")))
                .singleElement()
                .asString()
                .startsWith("muster.auth.api-keys.alice[0]: is not a hash")
                .doesNotContain("hunter2");
        assertThat(faults(Environments.withYaml("muster.gateway.timeout: soon")))
                .singleElement()
                .asString()
                .contains("1:25");
    }

    @Test
    void whatIsOverriddenIsNoFault() {
        var variables = Map.<String, Object>of("MUSTER_GATEWAY_TIMEOUT", "2s");
        assertThat(faults(Environments.of(
                        new org.springframework.core.env.SystemEnvironmentPropertySource(
                                "systemEnvironment", variables),
                        new org.springframework.core.env.MapPropertySource(
                                "file", Map.of("muster.gateway.timeout", "soon")))))
                .isEmpty();
    }
}
