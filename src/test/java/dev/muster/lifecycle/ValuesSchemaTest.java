package dev.muster.lifecycle;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.util.unit.DataSize;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The chart refuses what the service would, before there is a pod, and nothing else: by the real Helm.
class ValuesSchemaTest {

    private static final Path CHART = Path.of("helm/muster");
    private static final Path SCHEMA = CHART.resolve("values.schema.json");
    private static final String REWRITE = "tests.rewrite";

    private static final Pattern REFUSED =
            Pattern.compile("at '([^']*)': additional properties ((?:'[^']*'(?:, )?)+) not allowed");

    private static final PropertyTree.Section TREE = (PropertyTree.Section) ConfigurationTypes.tree();

    @TempDir
    private Path scratch;

    private String template(Map<String, Object> config) throws IOException {
        Path values = Files.writeString(scratch.resolve("values.yaml"), new Yaml().dump(Map.of("config", config)));
        return new Helm(CHART)
                .template()
                .withName("test")
                .withKubeVersion("1.32.0")
                .set("config.auth.mode", "none")
                .withValuesFile(values)
                .call();
    }

    /// Each key that is refused, by its JSON pointer.
    private Set<String> refused(Map<String, Object> config) {
        Throwable refusal = catchThrowable(() -> template(config));
        Set<String> refused = new TreeSet<>();
        if (refusal != null) {
            REFUSED.matcher(String.valueOf(refusal.getMessage()))
                    .results()
                    .forEach(found -> Pattern.compile("'([^']*)'")
                            .matcher(found.group(2))
                            .results()
                            .forEach(key -> refused.add(found.group(1) + "/" + key.group(1))));
        }
        return refused;
    }

    /// What stands under `config`: all of the configuration but the port of the simulator, which no pod has; that and
    /// all the rest once more in `extra`.
    private static PropertyTree.Section values() {
        var muster = new TreeMap<>(section(TREE, "muster").children());
        muster.remove("demo");
        muster.put("resilience4j", section(TREE, "resilience4j"));
        muster.put("extra", TREE);
        return new PropertyTree.Section(muster);
    }

    private static PropertyTree.Section section(PropertyTree.Section tree, String name) {
        return (PropertyTree.Section) requireNonNull(tree.children().get(name));
    }

    @Test
    void knowsWhatTheServiceKnows() throws IOException {
        var mapper = JsonMapper.builder()
                .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .build();
        var committed = (ObjectNode) mapper.readTree(SCHEMA);
        var written = committed.deepCopy();
        written.set("definitions", mapper.readTree(mapper.writeValueAsString(ValuesSchema.definitions())));
        if (Boolean.getBoolean(REWRITE)) {
            Files.writeString(SCHEMA, pretty(mapper, written));
        }

        assertThat(mapper.readTree(SCHEMA))
                .as(
                        "%s is not what the types say. Write it anew: ./mvnw test -Dtest=ValuesSchemaTest -D%s=true",
                        SCHEMA, REWRITE)
                .isEqualTo(written);
    }

    private static String pretty(JsonMapper mapper, ObjectNode schema) {
        var indenter = new DefaultIndenter("  ", "\n");
        var printer = new DefaultPrettyPrinter(
                        Separators.createDefaultInstance().withObjectNameValueSpacing(Separators.Spacing.AFTER))
                .withObjectIndenter(indenter)
                .withArrayIndenter(indenter);
        return mapper.writer().with(printer).writeValueAsString(schema) + "\n";
    }

    /// All of them in one file, whose faults are found at once.
    @Test
    void refusesEveryNameThatIsMisspeltByALetter() {
        Map<String, Object> config = new LinkedHashMap<>();
        Set<String> wrong = new TreeSet<>();
        misspell(values(), "/config", config, wrong);

        assertThat(wrong).hasSizeGreaterThan(1_000);
        assertThat(refused(config)).isEqualTo(wrong);
    }

    private static void misspell(PropertyTree tree, String pointer, Map<String, Object> values, Set<String> wrong) {
        switch (tree) {
            case PropertyTree.Section(var children) -> {
                Set<String> known = new HashSet<>();
                children.keySet().forEach(name -> known.addAll(spellings(name)));
                boolean open = pointer.equals("/config/extra");
                children.forEach((name, child) -> {
                    for (String spelling : spellings(name)) {
                        misspelt(spelling)
                                .filter(misspelling -> !open && !known.contains(misspelling))
                                .forEach(misspelling -> {
                                    values.put(misspelling, 1);
                                    wrong.add(pointer + "/" + misspelling);
                                });
                    }
                    below(child, pointer, name, values, wrong);
                });
            }
            case PropertyTree.Entries(var value) -> below(value, pointer, "a", values, wrong);
            case PropertyTree.Elements _, PropertyTree.Value _ -> {}
        }
    }

    private static void below(
            PropertyTree tree, String pointer, String name, Map<String, Object> values, Set<String> wrong) {
        Map<String, Object> below = new LinkedHashMap<>();
        misspell(tree, pointer + "/" + name, below, wrong);
        if (!below.isEmpty()) {
            values.put(name, below);
        }
    }

    /// A letter left out, one too many, two swapped, another one, and a dash that is none.
    private static Stream<String> misspelt(String name) {
        return Stream.of(
                        name.charAt(0) + name.substring(2),
                        name + "x",
                        "" + name.charAt(1) + name.charAt(0) + name.substring(2),
                        name.substring(0, name.length() - 1) + "q",
                        name.replace('-', '.'))
                .filter(misspelling -> !misspelling.equals(name));
    }

    /// As the documentation has it, and as Java would.
    private static List<String> spellings(String name) {
        return Stream.of(name, ValuesSchema.camelCase(name)).distinct().toList();
    }

    /// Every property there is, under `config` and in `extra`, as it reaches the service: which takes it, too.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void takesEveryNameInBothSpellings(boolean camelCase) throws IOException {
        UnaryOperator<String> spelling = camelCase ? ValuesSchema::camelCase : UnaryOperator.identity();
        String manifests = template(asSection(sample(values(), "", spelling)));

        String configuration = StreamSupport.stream(
                        new Yaml().loadAll(manifests).spliterator(), false)
                .map(ValuesSchemaTest::asSection)
                .filter(manifest -> "ConfigMap".equals(manifest.get("kind")))
                .map(manifest -> String.valueOf(
                        asSection(requireNonNull(manifest.get("data"))).get("application.yaml")))
                .findFirst()
                .orElseThrow();
        var sources = ConfigurationPropertySources.get(Environments.withYaml(configuration));
        var faults = new ConfigurationFaults(sources);
        assertThat(ConfiguredNames.in(sources, TREE, faults)).hasSizeGreaterThan(200);
        assertThat(faults.all()).isEmpty();
    }

    private static Object sample(PropertyTree tree, String name, UnaryOperator<String> spelling) {
        return switch (tree) {
            case PropertyTree.Section(var children) -> {
                Map<String, Object> section = new LinkedHashMap<>();
                children.forEach((child, below) -> section.put(spelling.apply(child), sample(below, child, spelling)));
                yield section;
            }
            case PropertyTree.Entries(var value) -> Map.of("a", sample(value, name, spelling));
            case PropertyTree.Elements(var element) -> List.of(sample(element, name, spelling));
            case PropertyTree.Value(var type) -> sample(type, name);
        };
    }

    private static Object sample(Class<?> type, String name) {
        if (type.equals(Duration.class)) {
            return "1s";
        }
        if (type.equals(DataSize.class)) {
            return "1MB";
        }
        if (type.equals(URI.class)) {
            return "http://a";
        }
        if (type.isEnum()) {
            return ((Enum<?>) type.getEnumConstants()[0]).name();
        }
        if (List.of(boolean.class, Boolean.class, Object.class).contains(type)) {
            return true;
        }
        if (type.equals(String.class) || type.equals(Class.class)) {
            return switch (name) {
                case "api-keys" -> "sha256:" + "0".repeat(64);
                case "ports" -> "8000-8999";
                default -> "text";
            };
        }
        return name.equals("status") ? 200 : 1;
    }

    /// In one file each, as somebody would write them.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            gateway: {timout: 1s}                                                          | 'timout'
            egress: {denny: [10.0.0.1]}                                                    | 'denny'
            servces: {a: {timeout: 1s}}                                                    | 'servces'
            services: {a: {timeout: 1s, cache: {maxsize: 1MB}}}                            | 'maxsize'
            services: {a.timeout: 1s}                                                      | 'a.timeout'
            callers: {default: {rat: 1}}                                                   | 'rat'
            callers: {a.rate: 1}                                                           | 'a.rate'
            auth: {apikeys: {}}                                                            | 'apikeys'
            resilience4j: {retry: {instances: {a: {maxAttempt: 3}}}}                       | 'maxAttempt'
            resilience4j: {retry: {instance: {a: {maxAttempts: 3}}}}                       | 'instance'
            resilience4j: {retry.instances.a.max-attempts: 3}                              | 'retry.instances.a.max-attempts'
            resilience4j: {circuit-breaker: {}}                                            | 'circuit-breaker'
            extra: {muster: {gateway: {timout: 1s}}}                                       | 'timout'
            extra: {muster.gateway.timout: 1s}                                             | 'muster.gateway.timout'
            extra: {resilience4j.retry.instances.a.max-attempts: 3}                        | 'resilience4j.retry.instances.a.max-attempts'
            gateway: {maxRequests: 0}                                                      | /maxRequests'
            gateway: {max-requests: many}                                                  | /max-requests'
            services: {a: {redirects: 6}}                                                  | /redirects'
            callers: {a: {share: 2}}                                                       | /share'
            auth: {api-keys: {a: [secret]}}                                                | /api-keys/a/0'
            resilience4j: {retry: {configs: {default: {wait-duration: soon}}}}             | /wait-duration'
            resilience4j: {retry: {instances: {a: {enable-exponential-backoff: maybe}}}}   | /enable-exponential-backoff'
            """)
    void refusesByItsName(String config, String name) {
        assertThatThrownBy(() -> template(new Yaml().load(config))).hasMessageContaining(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gateway: {timeout: 800, maxRequestSize: 1000, forward-headers: 'a,b', max-requests: '${MOST:100}'}",
                "services: {a: {base-url: '${A}', required: '${NEEDED}', protocol: '${P}', timeout: PT0.1S}}",
                "egress: {ports: [80, 8000-8999, '*'], allow: 10.0.0.0/8}",
                "callers: {'[a.b]': {rate: 1}, default: {share: 0.5}}",
                "auth: {api-keys: {'[a.b]': ['${HASH}']}}",
                "resilience4j: {retry: {instances: {a: {waitDuration: 10ms, retryExceptions: [java.io.IOException]}}}}",
                "resilience4j: {circuitbreaker: {configs: {default: {slidingWindowType: time_based}}}}",
                "extra: {muster: {demo: {port: 0}}, resilience4j: {}, logging: {level: {root: debug}}, spring.a.b: c}"
            })
    void takesWhatTheServiceTakes(String config) {
        assertThatCode(() -> template(new Yaml().load(config))).doesNotThrowAnyException();
    }

    static Stream<String> examplesOfTheReadme() throws IOException {
        return Pattern.compile("(?ms)^```yaml\\R(.*?)^```")
                .matcher(Files.readString(Path.of("README.md")))
                .results()
                .map(block -> block.group(1))
                .filter(block -> Pattern.compile("(?m)^(muster|resilience4j|spring)\\b")
                        .matcher(block)
                        .find());
    }

    @ParameterizedTest
    @MethodSource("examplesOfTheReadme")
    void takesTheExamplesOfTheReadme(String example) {
        assertThatCode(() -> template(Map.of("extra", new Yaml().load(example))))
                .doesNotThrowAnyException();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> asSection(Object yaml) {
        return (Map<String, Object>) yaml;
    }
}
