package dev.muster.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.TopologySpreadConstraint;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyIngressRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

class HelmChartTest {

    private static final Path CHART = Path.of("helm/muster");
    private static final String SERVING = "/actuator/health/serving";
    private static final Path SIDECAR_EXAMPLE = Path.of("helm/examples/storefront");

    static Stream<Path> examples() throws IOException {
        try (var files = Files.list(CHART.resolve("examples"))) {
            return files.sorted().toList().stream();
        }
    }

    private static TemplateCommand template() {
        return new Helm(CHART).template().withName("test").withKubeVersion("1.32.0");
    }

    private static List<HasMetadata> gateway(UnaryOperator<TemplateCommand> values) {
        return StrictDecoding.decode(
                values.apply(template().set("config.auth.mode", "none")).call());
    }

    private static <T> T only(List<HasMetadata> objects, Class<T> kind) {
        var found = objects.stream().filter(kind::isInstance).map(kind::cast).toList();
        assertThat(found).as("%s", kind.getSimpleName()).hasSize(1);
        return found.getFirst();
    }

    private static PodSpec pod(List<HasMetadata> objects) {
        return only(objects, Deployment.class).getSpec().getTemplate().getSpec();
    }

    /// A value of the application.yaml that the container gets, by its property's name.
    private static String property(List<HasMetadata> objects, String name) {
        Map<String, Object> document =
                new Yaml().load(only(objects, ConfigMap.class).getData().get("application.yaml"));
        return String.valueOf(at(document, name));
    }

    private static Path storefront(Path scratch) throws IOException {
        copy(CHART, scratch.resolve("muster"));
        Path chart = scratch.resolve("examples/storefront");
        copy(SIDECAR_EXAMPLE, chart);
        copy(CHART, chart.resolve("charts/muster"));
        return chart;
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("examples")
    void isFreeOfLintWithEveryExample(Path example, @TempDir Path scratch) throws IOException {
        Path chart = scratch.resolve("muster");
        copy(CHART, chart);
        // Lint takes no values file here: the example's values become the chart's own.
        Files.writeString(
                chart.resolve("values.yaml"),
                new Yaml().dump(merged(yaml(CHART.resolve("values.yaml")), yaml(example))));

        var lint = new Helm(chart).lint().strict().call();

        assertThat(lint.isFailed()).as("%s", lint.getMessages()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void makesOnlyWhatKubernetesKnowsWithEveryExample(Path example) {
        var objects = StrictDecoding.decode(template().withValuesFile(example).call());

        assertThat(objects).extracting(HasMetadata::getKind).contains("Deployment", "Service", "NetworkPolicy");
        assertRestricted(pod(objects));
    }

    @Test
    void makesEveryOptionalPartWhenAskedTo() {
        var objects = StrictDecoding.decode(template()
                .withValuesFile(CHART.resolve("examples/everything.yaml"))
                .call());

        assertThat(objects)
                .extracting(HasMetadata::getKind)
                .contains(
                        "HorizontalPodAutoscaler",
                        "PodDisruptionBudget",
                        "NetworkPolicy",
                        "PodMonitor",
                        "Ingress",
                        "HTTPRoute");
        assertThat(property(
                        objects.stream()
                                .filter(object ->
                                        !object.getMetadata().getName().endsWith("-dashboards"))
                                .toList(),
                        "spring.ssl.bundle.pem.ledger.truststore.certificate"))
                .isEqualTo("/etc/muster/tls/ledger/ca.crt");
    }

    /// The pod security standard `restricted`, and what Muster promises beyond it.
    private static void assertRestricted(PodSpec pod) {
        assertThat(pod.getAutomountServiceAccountToken()).isFalse();
        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        var containers = new ArrayList<Container>(pod.getContainers());
        containers.addAll(pod.getInitContainers());
        assertThat(containers).allSatisfy(container -> {
            var security = container.getSecurityContext();
            assertThat(security.getAllowPrivilegeEscalation()).isFalse();
            assertThat(security.getPrivileged()).isNull();
            assertThat(security.getReadOnlyRootFilesystem()).isTrue();
            assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
            assertThat(security.getCapabilities().getAdd()).isEmpty();
            assertThat(container.getResources().getLimits()).containsKey("memory");
            assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
        });
        assertThat(pod.getVolumes())
                .allSatisfy(volume -> assertThat(volume.getHostPath()).isNull());
    }

    @Test
    void probesTheManagementPortOnEveryInterface() {
        var objects = gateway(values -> values);
        var container = pod(objects).getContainers().getFirst();

        assertThat(Stream.of(container.getStartupProbe(), container.getLivenessProbe(), container.getReadinessProbe())
                        .map(probe -> probe.getHttpGet().getPort().getStrVal()))
                .containsOnly("management");
        assertThat(container.getStartupProbe().getHttpGet().getPath()).isEqualTo(SERVING);
        assertThat(container.getReadinessProbe().getHttpGet().getPath()).isEqualTo(SERVING);
        assertThat(container.getLivenessProbe().getHttpGet().getPath()).isEqualTo("/actuator/health/liveness");
        assertThat(property(objects, "management.server.address")).isEqualTo("0.0.0.0");
        assertThat(property(objects, "server.address")).isEqualTo("0.0.0.0");
    }

    @Test
    void spreadsPodsOverZonesAndNodes() {
        assertThat(pod(gateway(values -> values)).getTopologySpreadConstraints())
                .extracting(TopologySpreadConstraint::getTopologyKey)
                .containsExactly("topology.kubernetes.io/zone", "kubernetes.io/hostname");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "extra.muster."})
    void leavesAPodTimeToDrainHoweverThatIsSpelt(String place) {
        assertTimeToDrain("config." + place + "gateway.drain-timeout");
        assertTimeToDrain("config." + place + "gateway.drainTimeout");
    }

    private static void assertTimeToDrain(String name) {
        var objects = gateway(values -> values.set(name, "1m").set("preStopSleepSeconds", 7));

        assertThat(pod(objects).getTerminationGracePeriodSeconds()).isEqualTo(77);
        assertThat(property(objects, "spring.lifecycle.timeout-per-shutdown-phase"))
                .isEqualTo("65s");
    }

    @Test
    void putsASidecarBeforeTheApplicationOnLoopback(@TempDir Path scratch) throws IOException {
        var objects = StrictDecoding.decode(new Helm(storefront(scratch))
                .template()
                .withName("shop")
                .withKubeVersion("1.32.0")
                .call());

        var pod = pod(objects);
        assertRestricted(pod);
        var sidecar = pod.getInitContainers().getFirst();
        assertThat(sidecar.getName()).isEqualTo("muster");
        assertThat(sidecar.getRestartPolicy()).isEqualTo("Always");
        assertThat(sidecar.getStartupProbe().getHttpGet().getPath()).isEqualTo(SERVING);
        assertThat(pod.getContainers()).extracting(Container::getName).containsExactly("storefront");
        assertThat(property(objects, "server.address")).isEqualTo("127.0.0.1");
        assertThat(property(objects, "muster.services.pricing.base-url")).isEqualTo("http://pricing:8080");
        assertThat(pod.getTerminationGracePeriodSeconds()).isGreaterThanOrEqualTo(30 + 20);
        assertThat(objects).extracting(HasMetadata::getKind).containsOnly("ConfigMap", "Deployment", "NetworkPolicy");
        var policy = only(objects, NetworkPolicy.class).getSpec();
        assertThat(policy.getPodSelector().getMatchLabels())
                .isEqualTo(
                        only(objects, Deployment.class).getSpec().getSelector().getMatchLabels());
        assertThat(policy.getPolicyTypes()).containsExactly("Ingress", "Egress");
        assertThat(policy.getIngress()).hasSize(2);
        assertThat(policy.getIngress()
                        .getFirst()
                        .getPorts()
                        .getFirst()
                        .getPort()
                        .getStrVal())
                .isEqualTo("http");
        assertScrapersOnly(policy.getIngress().getLast());
    }

    @Test
    void checksTheConfigurationFirstWhereItIsAskedTo(@TempDir Path scratch) throws IOException {
        var plain = pod(gateway(values -> values));
        assertThat(plain.getInitContainers()).isEmpty();

        assertChecked(
                plain.getContainers().getFirst(),
                pod(gateway(values -> values.set("configCheck.enabled", true))).getInitContainers());
        var everything = pod(StrictDecoding.decode(template()
                .withValuesFile(CHART.resolve("examples/everything.yaml"))
                .call()));
        assertThat(everything.getContainers().getFirst().getVolumeMounts()).hasSizeGreaterThan(3);
        assertChecked(everything.getContainers().getFirst(), everything.getInitContainers());

        var sidecar = pod(StrictDecoding.decode(new Helm(storefront(scratch))
                        .template()
                        .withName("shop")
                        .withKubeVersion("1.32.0")
                        .set("muster.configCheck.enabled", true)
                        .call()))
                .getInitContainers();
        assertThat(sidecar).extracting(Container::getName).containsExactly("muster-config-check", "muster");
        assertChecked(sidecar.getLast(), sidecar.subList(0, 1));
    }

    /// With all that the container has that it is asked for.
    private static void assertChecked(Container container, List<Container> checks) {
        assertThat(checks).hasSize(1).allSatisfy(check -> {
            assertThat(check.getArgs()).containsExactly("--check");
            assertThat(check.getRestartPolicy()).isNull();
            assertThat(check.getImage()).isEqualTo(container.getImage());
            assertThat(check.getEnv()).isEqualTo(container.getEnv());
            assertThat(check.getVolumeMounts()).isEqualTo(container.getVolumeMounts());
            assertThat(check.getResources()).isEqualTo(container.getResources());
            assertThat(check.getSecurityContext()).isEqualTo(container.getSecurityContext());
        });
    }

    private static void assertScrapersOnly(NetworkPolicyIngressRule rule) {
        assertThat(rule.getPorts())
                .extracting(port -> port.getPort().getStrVal())
                .containsExactly("management");
        assertThat(rule.getFrom()).isNotEmpty().allSatisfy(from -> {
            assertThat(from.getIpBlock()).isNull();
            assertThat(from.getNamespaceSelector().getMatchLabels()).isNotEmpty();
        });
    }

    /// Whoever may send batches reaches the Service, and with it whatever port that has.
    @Test
    void keepsManagementOffTheServiceAndFromEverybodyThatIsNotNamed() {
        var objects = gateway(values -> values);

        assertThat(only(objects, Service.class).getSpec().getPorts())
                .extracting(ServicePort::getName)
                .containsExactly("api");
        assertThat(only(objects, NetworkPolicy.class).getSpec().getIngress())
                .extracting(rule -> rule.getPorts().getFirst().getPort().getStrVal())
                .containsExactly("api");

        var named = StrictDecoding.decode(template()
                .withValuesFile(CHART.resolve("examples/gateway.yaml"))
                .call());
        assertScrapersOnly(
                only(named, NetworkPolicy.class).getSpec().getIngress().getLast());
    }

    /// Cloud metadata, nodes and the API server have none of these addresses.
    @Test
    void letsCallsGoToPodsAndPublicAddressesOnly() {
        var rules =
                only(gateway(values -> values), NetworkPolicy.class).getSpec().getEgress();

        assertThat(rules).hasSize(2);
        assertThat(rules.getFirst().getTo()).isEmpty();
        assertThat(rules.getFirst().getPorts())
                .extracting(port -> port.getPort().getIntVal())
                .containsOnly(53);
        assertThat(rules.getLast().getTo())
                .filteredOn(to -> to.getIpBlock() != null)
                .extracting(to -> to.getIpBlock().getExcept())
                .satisfiesExactly(
                        v4 -> assertThat(v4)
                                .contains(
                                        "10.0.0.0/8",
                                        "172.16.0.0/12",
                                        "192.168.0.0/16",
                                        "169.254.0.0/16",
                                        "168.63.129.16/32"),
                        v6 -> assertThat(v6).contains("fc00::/7", "fe80::/10"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{namespaceSelector: {}}", "{podSelector: {}}", "{ipBlock: {cidr: 0.0.0.0/0}}"})
    void refusesAScraperThatCouldBeAnybody(String scraper, @TempDir Path scratch) throws IOException {
        Path values = Files.writeString(
                scratch.resolve("values.yaml"),
                "config: {auth: {mode: none}}\nnetworkPolicy: {scrapers: [" + scraper + "]}\n");

        assertThatThrownBy(() -> template().withValuesFile(values).call()).hasMessageContaining("scrapers");
    }

    @Test
    void refusesAPodMonitorWhoseScraperMayNotCome() {
        assertThatThrownBy(() -> gateway(values -> values.set("podMonitor.enabled", true)))
                .hasMessageContaining("networkPolicy.scrapers");
    }

    @Test
    void testsAReleaseByARestrictedPod(@TempDir Path scratch) throws IOException {
        var pod = testPod(scratch, chart -> chart);

        assertRestricted(pod);
        assertThat(pod.getContainers().getFirst().getCommand()).endsWith("SendBatch");
        assertThat(pod.getVolumes()).isEmpty();
    }

    /// Its authority may be the cluster's own, which no image knows. The key is none of its business.
    @Test
    void testsAReleaseThatSpeaksTlsByTheCertificateOfItsSecret(@TempDir Path scratch) throws IOException {
        var pod = testPod(scratch, chart -> chart.set("tls.existingSecret", "muster-tls"));

        assertRestricted(pod);
        var container = pod.getContainers().getFirst();
        assertThat(container.getArgs()).containsExactly("https://test-muster:80/batches", "/etc/muster/tls/tls.crt");
        assertThat(container.getVolumeMounts())
                .extracting(VolumeMount::getMountPath)
                .containsExactly("/etc/muster/tls");
        var secret = pod.getVolumes().getFirst().getSecret();
        assertThat(secret.getSecretName()).isEqualTo("muster-tls");
        assertThat(secret.getItems()).extracting(KeyToPath::getKey).containsExactly("tls.crt");
    }

    /// Rendering leaves hooks out; without its annotation the pod is an object like any other.
    private static PodSpec testPod(Path scratch, UnaryOperator<TemplateCommand> values) throws IOException {
        copy(CHART, scratch.resolve("muster"));
        Path test = scratch.resolve("muster/templates/tests/batch.yaml");
        Files.writeString(test, Files.readString(test).replaceAll("(?m)^    helm.sh/hook.*\\R", ""));

        var template = new Helm(scratch.resolve("muster"))
                .template()
                .withName("test")
                .withKubeVersion("1.32.0")
                .set("config.auth.mode", "none");
        return only(StrictDecoding.decode(values.apply(template).call()), Pod.class)
                .getSpec();
    }

    @Test
    void isAPackageThatHelmTakes(@TempDir Path scratch) throws IOException {
        new Helm(CHART).packageIt().withDestination(scratch).call();

        try (var files = Files.list(scratch)) {
            assertThat(files).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "mode, cluster",
        "replicas, many",
        "replica, 3",
        "config.gateway.timeout, quick",
        "config.gateway.drain-timeout, 1500ms",
        "config.services.pricing.base-url, ftp://pricing",
        "config.services.pricing.protocol, spdy",
        "config.auth.mode, basic",
        "ports.api, 80",
        "autoscaling.metric, memory",
        "image.digest, latest",
        "tls.certificate, abc",
        "terminationGracePeriodSeconds, 20",
        "ingress.enabled, true"
    })
    void refusesAWrongValueByItsName(String name, String value) {
        // The last part of a name, which is what every refusal has in it.
        String part = name.contains(".enabled") ? "host" : name.substring(name.lastIndexOf('.') + 1);

        assertThatThrownBy(() -> gateway(values -> values.set(name, value))).hasMessageContaining(part);
    }

    @Test
    void asksWhoMayCallBeforeItOpensAPort() {
        assertThatThrownBy(() -> template().call()).hasMessageContaining("config.auth.mode");
    }

    @Test
    void itsReadmeListsEveryValueWithItsDefault() throws IOException {
        Map<String, Object> rows = new HashMap<>();
        Pattern.compile("(?m)^\\| `([^`]+)` \\| `([^`]*)` \\| \\S.* \\|$")
                .matcher(Files.readString(CHART.resolve("README.md")))
                .results()
                .forEach(row -> rows.put(row.group(1), new Yaml().load(row.group(2))));
        var values = yaml(CHART.resolve("values.yaml"));

        rows.forEach((name, value) -> assertThat(at(values, name)).as(name).isEqualTo(value));
        assertThat(leaves(values, ""))
                .allSatisfy(leaf -> assertThat(rows.keySet())
                        .as("README of the chart, %s", leaf)
                        .anyMatch(row -> leaf.equals(row) || leaf.startsWith(row + ".")));
    }

    private static Map<String, Object> yaml(Path file) throws IOException {
        return new Yaml().load(Files.readString(file));
    }

    private static Object at(Map<String, Object> values, String name) {
        Object value = values;
        for (String part : name.split("\\.", -1)) {
            value = value instanceof Map<?, ?> map && map.containsKey(part) ? map.get(part) : Map.of("not", "there");
        }
        return value;
    }

    private static Stream<String> leaves(Map<String, Object> values, String prefix) {
        return values.entrySet().stream()
                .flatMap(entry -> entry.getValue() instanceof Map<?, ?> map && !map.isEmpty()
                        ? leaves(asValues(map), prefix + entry.getKey() + ".")
                        : Stream.of(prefix + entry.getKey()));
    }

    private static Map<String, Object> merged(Map<String, Object> base, Map<String, Object> over) {
        over.forEach((key, value) -> base.merge(
                key,
                value,
                (old, given) -> old instanceof Map<?, ?> left && given instanceof Map<?, ?> right
                        ? merged(asValues(left), asValues(right))
                        : given));
        return base;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> asValues(Map<?, ?> map) {
        return (Map<String, Object>) map;
    }
}
