package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.tracing.Tracer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hawkular.agent.prometheus.types.MetricFamily;
import org.hawkular.agent.prometheus.types.MetricType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.web.server.LocalManagementPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What Muster tells of its work: meters, log, health and services at a glance.
class ObservabilityTest extends RunningMuster {

    private static final JsonMapper JSON = new JsonMapper();
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final int HOSTS = 10_000;
    private static final int HOSTS_A_BATCH = 1_000;

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.muster.batch");

    @LocalManagementPort
    private int managementPort;

    @Autowired
    private MeterRegistry meters;

    @Autowired
    private CircuitBreakerRegistry breakers;

    @Autowired
    private BulkheadRegistry bulkheads;

    @Autowired
    private RateLimiterRegistry rateLimiters;

    @Autowired
    private RetryRegistry retries;

    @Autowired
    private ObjectProvider<Tracer> tracers;

    private Management management;

    /// A service of every kind, so that every meter is there that ever is.
    @DynamicPropertySource
    static void everything(DynamicPropertyRegistry properties) {
        properties.add("muster.egress.allow", () -> "127.0.0.0/8");
        properties.add("muster.egress.ports", () -> "80," + upstream.port());
        properties.add("muster.services.twofold.base-urls", () -> upstream.url("") + "," + particular.url("/"));
        properties.add("muster.services.twofold.adaptive-concurrency.max", () -> "100");
        properties.add("muster.services.helped.base-url", () -> upstream.url(""));
        properties.add("muster.services.helped.fallback.body", () -> "{}");
        properties.add("resilience4j.bulkhead.instances.up.max-concurrent-calls", () -> "10000");
        properties.add("resilience4j.ratelimiter.instances.up.limit-for-period", () -> "1000000");
    }

    @BeforeEach
    void listen() {
        management = new Management(managementPort);
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        lines.start();
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
        logger.setLevel(null);
    }

    @Test
    void everyExportedMeterIsInTheReadmeAndTheOtherWayRound() throws IOException {
        muster.post(Batch.gather(Call.up("a", "/ok")));
        management.scrape();
        Map<String, MetricFamily> exported = management.scrape();
        Map<String, String> documented = documented();

        assertThat(exported.keySet())
                .as("exported and not documented")
                .allMatch(name -> documented.keySet().stream().anyMatch(row -> matches(row, name)));
        assertThat(documented.keySet())
                .as("documented and not exported")
                .allMatch(row -> exported.keySet().stream().anyMatch(name -> matches(row, name)));
        assertThat(documented).allSatisfy((row, labels) -> {
            if (row.startsWith("muster_")) {
                assertThat(labels(Objects.requireNonNull(exported.get(row))))
                        .as("labels of %s", row)
                        .isEqualTo(codes(labels));
            }
        });
    }

    /// Rows of the README's table of meters: the name, in which `*` stands for anything, and the labels.
    private static Map<String, String> documented() throws IOException {
        Map<String, String> rows = new LinkedHashMap<>();
        boolean inTable = false;
        for (String line : Files.readAllLines(Path.of("README.md"))) {
            inTable = line.startsWith("| meter |") || (inTable && line.startsWith("|"));
            if (inTable) {
                String[] cells = line.split("\\|", -1);
                codes(cells[1]).forEach(name -> rows.put(name, cells[2]));
            }
        }
        assertThat(rows).hasSizeGreaterThan(20);
        return rows;
    }

    private static Set<String> codes(String cell) {
        return CODE.matcher(cell).results().map(code -> code.group(1)).collect(Collectors.toCollection(TreeSet::new));
    }

    /// Timers have a maximum as well, of the last few minutes.
    private static boolean matches(String row, String name) {
        String regex = Pattern.quote(row).replace("*", "\\E.*\\Q");
        return name.matches(regex) || (row.endsWith("_seconds") && name.equals(row + "_max"));
    }

    private static Set<String> labels(MetricFamily family) {
        return family.getMetrics().stream()
                .flatMap(metric -> metric.getLabels().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void dashboardUsesOnlyWhatIsExported() throws IOException {
        muster.post(Batch.gather(Call.up("a", "/ok")));
        management.scrape();
        Map<String, MetricFamily> exported = management.scrape();
        JsonNode dashboard = JSON.readTree(Files.readString(Path.of("helm/muster/dashboards/muster.json")));
        List<String> queries =
                dashboard.findValues("expr").stream().map(JsonNode::asString).toList();

        assertThat(queries).hasSizeGreaterThan(15);
        assertThat(queries).allSatisfy(query -> {
            List<MetricFamily> families = families(query, exported);
            assertThat(families).as("meters of %s", query).isNotEmpty();
            Set<String> known =
                    families.stream().flatMap(family -> labels(family).stream()).collect(Collectors.toSet());
            assertThat(usedLabels(query)).as("labels of %s", query).isSubsetOf(withScrapeLabels(known));
        });
    }

    private static List<MetricFamily> families(String query, Map<String, MetricFamily> exported) {
        var named = Pattern.compile("\\b(muster|resilience4j|jvm|process|http_server)_[a-z0-9_]+")
                .matcher(query);
        List<MetricFamily> families = new ArrayList<>();
        while (named.find()) {
            String name = named.group();
            MetricFamily family =
                    exported.getOrDefault(name, exported.get(name.replaceFirst("_(bucket|count|sum)$", "")));
            assertThat(family).as("%s in %s", name, query).isNotNull();
            assertThat(name.endsWith("_bucket"))
                    .as("%s is a histogram", name)
                    .isEqualTo(!exported.containsKey(name)
                            && family.getType() == MetricType.HISTOGRAM
                            && name.endsWith("_bucket"));
            families.add(family);
        }
        return families;
    }

    private static Set<String> usedLabels(String query) {
        Set<String> used = new HashSet<>();
        Pattern.compile("([a-z_]+)\\s*(=~|!~|!=|=)")
                .matcher(query)
                .results()
                .forEach(found -> used.add(found.group(1)));
        Pattern.compile("by \\(([^)]*)\\)")
                .matcher(query)
                .results()
                .forEach(found -> Arrays.stream(found.group(1).split(",", -1))
                        .map(String::strip)
                        .forEach(used::add));
        return used;
    }

    /// What Prometheus adds to every series, and to buckets.
    private static Set<String> withScrapeLabels(Set<String> labels) {
        var all = new HashSet<>(labels);
        all.addAll(Set.of("job", "instance", "le"));
        return all;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text/plain;version=0.0.4 | text/plain;version=0.0.4",
                "application/openmetrics-text;version=1.0.0 | application/openmetrics-text;version=1.0.0",
                "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5 | application/openmetrics-text;version=1.0.0",
            })
    void scrapeComesInTheFormatThatIsAskedFor(String accept, String contentType) {
        var response = management.get("prometheus", accept);

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElse("").replace(" ", ""))
                .startsWith(contentType);
        assertThat(response.body().endsWith("# EOF\n")).isEqualTo(contentType.contains("openmetrics"));
    }

    @Test
    void eachOutcomeIsCountedWithItsServiceErrorAndLayer() {
        double before = management.value("muster_calls_total");
        double batchesBefore = management.value("muster_batches_seconds", "strategy", "gather", "outcome", "partial");
        double fallbacksBefore = management.value("muster_calls_total", "source", "fallback");

        var reply = muster.post(Batch.gather(
                Call.up("good", "/ok"),
                Call.to("faulty", "/status/503").with("id", "bad"),
                Call.to("tight", "/black-hole").with("id", "late"),
                Call.to("helped", "/status/500").with("id", "helped"),
                Call.url("http://10.0.0.1/").with("id", "denied")));

        assertEnded(reply, 5, "partial", 200);
        awaitUntil(() -> assertThat(management.value("muster_calls_total")).isEqualTo(before + 5));
        assertThat(calls("faulty", "failed", "http-status", "none")).isPositive();
        assertThat(calls("tight", "timed-out", "timeout", "service")).isPositive();
        assertThat(calls("default", "rejected", "egress-denied", "none")).isPositive();
        assertThat(calls("helped", "succeeded", "http-status", "none")).isPositive();
        assertThat(management.value("muster_calls_total", "source", "fallback")).isEqualTo(fallbacksBefore + 1);
        awaitUntil(
                () -> assertThat(management.value("muster_batches_seconds", "strategy", "gather", "outcome", "partial"))
                        .isEqualTo(batchesBefore + 1));
        assertThat(management.value("muster_call_phase_seconds", "service", "up", "phase", "response"))
                .isPositive();
    }

    private double calls(String service, String outcome, String error, String layer) {
        return management.value(
                "muster_calls_total", "service", service, "outcome", outcome, "error", error, "layer", layer);
    }

    @Test
    void losersAndAbandonedBatchesAreCountedByReason() {
        double winners = management.value("muster_calls_total", "error", "winner-found");
        double left = management.value("muster_calls_total", "error", "client-cancelled");
        double abandoned = management.value("muster_batches_seconds", "outcome", "abandoned");

        muster.post(Batch.firstCompleted(Call.up("fast", "/ok"), Call.up("slow", "/black-hole")));
        try (var stream =
                muster.open(Batch.asCompleted(Call.up("ok", "/ok"), Call.up("never", "/black-hole")), Media.SSE)) {
            stream.next();
            awaitUntil(
                    () -> assertThat(management.value("muster_calls_in_flight")).isEqualTo(1));
            assertThat(management.value("muster_batches_in_flight")).isEqualTo(1);
            assertThat(management.value("muster_pool_connections", "service", "up", "state", "active"))
                    .isEqualTo(1);
        }

        awaitUntil(() -> {
            assertThat(management.value("muster_calls_total", "error", "winner-found"))
                    .isEqualTo(winners + 1);
            assertThat(management.value("muster_calls_total", "error", "client-cancelled"))
                    .isEqualTo(left + 1);
            assertThat(management.value("muster_batches_seconds", "outcome", "abandoned"))
                    .isEqualTo(abandoned + 1);
            assertThat(management.value("muster_calls_in_flight")).isZero();
            assertThat(management.value("muster_batches_in_flight")).isZero();
        });
    }

    @Test
    void tenThousandHostsLeaveNoMeterAndNoBreaker() {
        muster.post(Batch.gather(Call.url("http://127.77.0.1:" + upstream.port() + "/")));
        management.scrape();
        Set<Meter.Id> before = ids();
        int registered = registered();

        for (int batch = 0; batch < HOSTS / HOSTS_A_BATCH; batch++) {
            int from = batch * HOSTS_A_BATCH;
            var calls = IntStream.range(from, from + HOSTS_A_BATCH)
                    .mapToObj(host ->
                            Call.url("http://127.78.%d.%d:%d/".formatted(host / 250, host % 250, upstream.port())))
                    .toList();
            assertThat(muster.post(Batch.of("gather", calls)).results())
                    .hasSize(HOSTS_A_BATCH)
                    .allSatisfy(slot ->
                            assertThat(slot.at("/error/type").asString()).isEqualTo("connect-failed"));
        }
        management.scrape();

        assertThat(ids()).isEqualTo(before);
        assertThat(registered()).isEqualTo(registered);
    }

    private Set<Meter.Id> ids() {
        return meters.getMeters().stream()
                .map(Meter::getId)
                .filter(id -> id.getName().startsWith("muster.") || id.getName().startsWith("resilience4j."))
                .collect(Collectors.toSet());
    }

    private int registered() {
        return breakers.getAllCircuitBreakers().size()
                + bulkheads.getAllBulkheads().size()
                + rateLimiters.getAllRateLimiters().size()
                + retries.getAllRetries().size();
    }

    @Test
    void oneLineIsLoggedForEachBatch() {
        var reply = muster.post(Batch.gather(Call.up("a", "/ok"), Call.to("faulty", "/status/503")));

        awaitUntil(() -> assertThat(linesOf(reply)).hasSize(1));
        var line = linesOf(reply).getFirst();
        assertThat(line.getLevel()).isEqualTo(Level.INFO);
        assertThat(values(line))
                .containsEntry("batchStrategy", "gather")
                .containsEntry("batchOutcome", "partial")
                .containsEntry("calls", 2)
                .containsEntry("succeeded", 1)
                .containsEntry("failed", 1)
                .containsKeys("elapsedMs", "timedOut", "rejected", "cancelled");
    }

    @Test
    void failedCallsAreLoggedAtDebugLevelWithoutAnySecret() {
        logger.setLevel(Level.DEBUG);
        var reply = muster.post(Batch.gather(
                Call.up("fine", "/ok"),
                Call.to("faulty", "/status/503?token=secret-1")
                        .with("id", "bad")
                        .with("headers", Map.of("authorization", "secret-2"))
                        .with("body", "secret-3")));

        awaitUntil(() -> assertThat(linesOf(reply)).hasSize(2));
        var line = linesOf(reply).getFirst();
        assertThat(values(line))
                .containsEntry("callId", "bad")
                .containsEntry("calledService", "faulty")
                .containsEntry("calledUrl", upstream.url("/status/503"))
                .containsEntry("callOutcome", "failed")
                .containsEntry("errorType", "http-status");
        assertThat(linesOf(reply))
                .noneMatch(written -> (written.getFormattedMessage() + written.getKeyValuePairs()).contains("secret"));
    }

    @Test
    void nothingIsLoggedWhenTheLoggerIsOff() {
        logger.setLevel(Level.WARN);
        muster.post(Batch.gather(Call.up("a", "/ok")));
        logger.setLevel(Level.INFO);
        var heard = muster.post(Batch.gather(Call.up("a", "/ok")));

        awaitUntil(() -> assertThat(linesOf(heard)).hasSize(1));
        assertThat(lines.list).hasSize(1);
    }

    private List<ILoggingEvent> linesOf(Reply reply) {
        var id = reply.summary().path("id").asString();
        return List.copyOf(lines.list).stream()
                .filter(line -> id.equals(values(line).get("batchId")))
                .toList();
    }

    private static Map<String, Object> values(ILoggingEvent line) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (KeyValuePair pair : line.getKeyValuePairs()) {
            values.put(pair.key, pair.value);
        }
        return values;
    }

    @Test
    void servicesAreShownAtAGlance() {
        muster.post(Batch.gather(Call.up("a", "/ok")));

        var services = JSON.readTree(
                management.get("musterservices", "application/json").body());

        assertThat(services.at("/up/baseUrls/0").asString()).isEqualTo(upstream.url(""));
        assertThat(services.at("/up/breaker").asString()).isEqualTo("CLOSED");
        assertThat(services.at("/up/bulkheadAvailable").intValue()).isEqualTo(10_000);
        assertThat(services.at("/up/pool/maxConnectionsPerHost").intValue()).isEqualTo(500);
        assertThat(services.at("/up").has("adaptiveLimit")).isFalse();
        assertThat(services.at("/twofold/hosts").size()).isEqualTo(2);
        assertThat(services.at("/twofold/adaptiveLimit/limit").intValue()).isPositive();
        assertThat(services.at("/default/extraRequests/budget").isNumber()).isTrue();
    }

    @Test
    void nothingOfTracingIsThereByDefault() {
        muster.post(Batch.gather(Call.up("a", "/ok?untraced")), Media.JSON, "traceparent", TracingTest.TRACEPARENT);

        assertThat(tracers.getIfAvailable()).isNull();
        assertThat(upstream.onlyExchange("/ok?untraced").header("traceparent"))
                .as("the caller's own, as it came")
                .containsExactly(TracingTest.TRACEPARENT);
    }

    private static void awaitUntil(org.awaitility.core.ThrowingRunnable assertion) {
        await().atMost(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(assertion);
    }
}
