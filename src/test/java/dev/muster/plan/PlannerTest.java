package dev.muster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.request.BatchReader;
import dev.muster.request.BatchRequest;
import dev.muster.request.DocumentMemory;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import dev.muster.service.ServiceCatalogue;
import dev.muster.service.ServiceEntries;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;

/// Gateway: 1 s, 256 at once. Service `pricing` (`http://pricing:8080/v2/`, also `*.pricing.svc`): 50 ms, required,
/// 2 redirects. Everything else: 300 ms.
class PlannerTest {

    private static final UUID ID = new UUID(1, 2);
    private static final long NOW = 7_000_000_000L;
    private static final ServiceCatalogue SERVICES = new ServiceCatalogue(Map.of(
            "pricing",
            ServiceEntries.entry(
                    "base-url=http://pricing:8080/v2/",
                    "hosts=pricing, *.pricing.svc",
                    "timeout=50ms",
                    "required=true",
                    "redirects=2"),
            "notes",
            ServiceEntries.entry("base-url=https://notes")));
    private static final Planner PLANNER = new Planner(
            new BatchProperties(Duration.ofSeconds(1), Duration.ofHours(1), 1_000, 256, DataSize.ofMegabytes(2)),
            new ResponseProperties(DataSize.ofMegabytes(1), DataSize.ofMegabytes(16), List.of("set-cookie"), 60, 1_000),
            new PropagationProperties("X-Envoy-Expected-Rq-Timeout-Ms", List.of(), true),
            SERVICES);

    @Test
    void keepsWhatABatchIsMadeOf() {
        BatchPlan plan =
                PLANNER.plan(ID, batch("\"requests\": [\"http://a/x\", \"http://b/y\"]"), NOW, null, "me", Map.of());

        assertThat(plan.id()).isEqualTo(ID);
        assertThat(plan.acceptedNanos()).isEqualTo(NOW);
        assertThat(plan.limits().maxBytes()).isEqualTo(16L * 1024 * 1024);
        assertThat(plan.calls()).extracting(CallPlan::index).containsExactly(0, 1);
        assertThat(plan.calls()).extracting(CallPlan::id).containsExactly("0", "1");
        assertThat(plan.calls())
                .extracting(call -> call.destination().url())
                .containsExactly("http://a/x", "http://b/y");
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            -,     -,     1000
            400ms, -,     400
            2s,    -,     1000
            -,     300,   300
            -,     2000,  1000
            400ms, 300,   300
            300ms, 400,   300
            1s,    1000,  1000
            99999h, 9223372036854775807, 1000
            """)
    void givesABatchTheShortestOfItsBudgets(@Nullable String own, @Nullable Long caller, long millis) {
        String timeout = own == null ? "" : "\"timeout\": \"%s\", ".formatted(own);
        Duration callerBudget = caller == null ? null : Duration.ofMillis(caller);

        BatchPlan plan =
                PLANNER.plan(ID, batch(timeout + "\"requests\": [\"http://a/\"]"), NOW, callerBudget, "me", Map.of());

        assertThat(plan.deadline())
                .isEqualTo(new Deadline(NOW + millis * 1_000_000, Layer.GATEWAY, Duration.ofMillis(millis)));
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            http://a/,       -,     300, SERVICE
            http://a/,       299ms, 299, REQUEST
            http://a/,       300ms, 300, SERVICE
            http://a/,       301ms, 300, SERVICE
            http://pricing/, -,     50,  SERVICE
            http://pricing/, 40ms,  40,  REQUEST
            http://pricing/, 9999h, 50,  SERVICE
            """)
    void givesACallTheShorterOfItsBudgetsAndTheOuterLayerOfTwoThatAreEqual(
            String url, @Nullable String own, long millis, Layer layer) {
        CallPlan call =
                call("\"url\": \"%s\"".formatted(url) + (own == null ? "" : ", \"timeout\": \"%s\"".formatted(own)));

        assertThat(call.budget()).isEqualTo(new Budget(Duration.ofMillis(millis), layer));
    }

    @ParameterizedTest
    @CsvSource({
        // started after, gateway's budget, then what is left and who says so
        "0,   1000, 300, SERVICE",
        "699, 1000, 300, SERVICE",
        "700, 1000, 300, GATEWAY",
        "900, 1000, 100, GATEWAY",
        "0,   200,  200, GATEWAY",
        "999, 1000, 1,   GATEWAY"
    })
    void namesTheLayerThatPassesFirstWhenACallStarts(long after, long gateway, long left, Layer layer) {
        long start = NOW + after * 1_000_000;
        Deadline batch = Deadline.after(NOW, Layer.GATEWAY, Duration.ofMillis(gateway));

        Deadline deadline = call("\"url\": \"http://a/\"").deadline(start, batch);

        assertThat(deadline.layer()).isEqualTo(layer);
        assertThat(deadline.remainingNanos(start)).isEqualTo(left * 1_000_000);
        assertThat(deadline.budget()).isEqualTo(Duration.ofMillis(layer == Layer.GATEWAY ? gateway : 300));
    }

    @ParameterizedTest
    @CsvSource({"-, 256", "1, 1", "256, 256", "257, 256", "2147483647, 256"})
    void capsConcurrencyAtTheGateways(String own, int concurrency) {
        String field = own.equals("-") ? "" : "\"concurrency\": %s, ".formatted(own);

        assertThat(PLANNER.plan(ID, batch(field + "\"requests\": [\"http://a/\"]"), NOW, null, "me", Map.of())
                        .limits()
                        .concurrency())
                .isEqualTo(concurrency);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "url": "http://a/"                                      | false | 0
            "url": "http://a/", "required": true, "redirects": 5    | true  | 5
            "url": "http://pricing/"                                | true  | 2
            "url": "http://PRICING:9999/"                           | true  | 2
            "url": "http://x.y.pricing.svc/"                        | true  | 2
            "service": "pricing", "path": "/"                       | true  | 2
            "service": "pricing", "path": "/", "required": false, "redirects": 0 | false | 0
            "service": "notes", "path": "/"                         | false | 0
            """)
    void takesFromTheServiceWhatACallLeavesOut(String fields, boolean required, int redirects) {
        CallPlan call = call(fields);

        assertThat(call.rules().required()).isEqualTo(required);
        assertThat(call.rules().redirects()).isEqualTo(redirects);
    }

    @ParameterizedTest
    @CsvSource({
        "pricing, /items/7,         http://pricing:8080/v2/items/7",
        "pricing, /,                http://pricing:8080/v2/",
        "pricing, /i?a=%2F&b=../.., http://pricing:8080/v2/i?a=%2F&b=../..",
        "pricing, //evil.example/,  http://pricing:8080/v2//evil.example/",
        "pricing, /%2F/ü,           http://pricing:8080/v2/%2F/ü",
        "notes,   /@evil.example/,  https://notes/@evil.example/",
        "notes,   /a:81/b,          https://notes/a:81/b"
    })
    void putsAPathBelowTheBaseUrlOfItsService(String service, String path, String url) {
        CallPlan call = call("\"service\": \"%s\", \"path\": \"%s\"".formatted(service, path));

        assertThat(call.destination().url()).isEqualTo(url);
        assertThat(call.destination().uri())
                .isEqualTo(URI.create(URI.create(url).toASCIIString()));
        assertThat(call.destination().uri().getHost()).isEqualTo(service);
        assertThat(call.service().name()).isEqualTo(service);
    }

    @Test
    void keepsAUrlAsTheCallerWroteIt() {
        CallPlan call = call("\"url\": \"HTTP://A:80/%7e?b=%2F#c\"");

        assertThat(call.destination().url()).isEqualTo("HTTP://A:80/%7e?b=%2F#c");
        assertThat(call.service().name()).isEqualTo("default");
    }

    static Stream<Arguments> strategies() {
        return Stream.of(
                Arguments.of("", new Strategy.Gather(OnFailure.COLLECT, null)),
                Arguments.of(
                        "\"strategy\": \"gather\", \"onFailure\": \"fail\", \"minSuccess\": 1,",
                        new Strategy.Gather(OnFailure.FAIL, 1)),
                Arguments.of(
                        "\"strategy\": \"as-completed\", \"minSuccess\": 1,",
                        new Strategy.AsCompleted(OnFailure.COLLECT, 1)),
                Arguments.of("\"strategy\": \"first-completed\",", new Strategy.FirstCompleted()),
                Arguments.of("\"strategy\": \"wait\",", new Strategy.Wait(ReturnWhen.ALL_COMPLETED, false)),
                Arguments.of(
                        "\"strategy\": \"wait\", \"returnWhen\": \"first-exception\",",
                        new Strategy.Wait(ReturnWhen.FIRST_EXCEPTION, false)));
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void givesAStrategyTheParametersThatItHas(String fields, Strategy strategy) {
        BatchPlan plan = PLANNER.plan(ID, batch(fields + "\"requests\": [\"http://a/\"]"), NOW, null, "me", Map.of());

        assertThat(plan.strategy()).isEqualTo(strategy);
        assertThat(plan.strategy().deadlineIsFailure()).isEqualTo(!(strategy instanceof Strategy.Wait));
    }

    private static CallPlan call(String fields) {
        return PLANNER.plan(ID, batch("\"requests\": [{%s}]".formatted(fields)), NOW, null, "me", Map.of())
                .calls()
                .getFirst();
    }

    private static BatchRequest batch(String fields) {
        return new BatchReader(10, SERVICES.callableNames())
                .read("{%s}".formatted(fields).getBytes(StandardCharsets.UTF_8), DocumentMemory.UNCOUNTED);
    }
}
