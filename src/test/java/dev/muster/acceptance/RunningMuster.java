package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.MusterApplication;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;

/// A started Muster, the upstreams it is configured for, and a client.
///
/// The time limits are far away, for a test to bring nearer. The breakers are out of the way as well: a call is made
/// here however often its upstream has failed before.
@SpringBootTest(classes = MusterApplication.class, webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
@TestPropertySource(
        properties = {
            "management.server.port=0",
            "muster.gateway.timeout=10s",
            "muster.services.default.timeout=8s",
            "muster.services.default.connect-timeout=2s",
            "resilience4j.circuitbreaker.configs.default.minimum-number-of-calls=1000000",
        })
@Timeout(60)
abstract class RunningMuster {

    /// Where `up` and `faulty` are, two services at one address: a fault of one must not reach the other.
    static final FaultyUpstream upstream = FaultyUpstream.start();

    /// Where the services are whose settings are not the default: `tight` has 150 ms, `needed` is required,
    /// `narrow` has one connection.
    static final FaultyUpstream particular = FaultyUpstream.start();

    static final FaultyUpstream narrow = FaultyUpstream.start();

    @LocalServerPort
    private int port;

    MusterClient muster;

    @DynamicPropertySource
    static void services(DynamicPropertyRegistry properties) {
        baseUrl(properties, "up", upstream.url(""));
        baseUrl(properties, "faulty", upstream.url(""));
        baseUrl(properties, "tight", particular.url(""));
        properties.add("muster.services.tight.timeout", () -> "150ms");
        baseUrl(properties, "needed", particular.url(""));
        properties.add("muster.services.needed.required", () -> "true");
        baseUrl(properties, "narrow", narrow.url(""));
        properties.add("muster.services.narrow.max-connections", () -> "1");
        baseUrl(properties, "refusing", "http://127.0.0.1:" + FaultyUpstream.refusingPort());
        baseUrl(properties, "nameless", "http://does-not-exist.invalid");
        baseUrl(properties, "no-tls", "https://127.0.0.1:" + particular.port());
        baseUrl(properties, "silent-tls", "https://127.0.0.1:" + FaultyUpstream.silentPort());
    }

    private static void baseUrl(DynamicPropertyRegistry properties, String service, String url) {
        properties.add("muster.services." + service + ".base-url", () -> url);
    }

    @BeforeEach
    void forgetWhatWasSeen() {
        muster = new MusterClient(port);
        Stream.of(upstream, particular, narrow).forEach(FaultyUpstream::forget);
    }

    /// Holds of every batch that was not refused, whatever became of it.
    ///
    /// @param documentStatus the status that the outcome has in a JSON answer; a stream's has been sent long before
    static void assertEnded(Reply reply, int requests, String outcome, int documentStatus) {
        assertThat(reply.summary()).as("%s", reply).isNotEmpty();
        assertThat(reply.outcome()).as("%s", reply).isEqualTo(outcome);
        assertThat(reply.status()).isEqualTo(reply.media().streams() ? 200 : documentStatus);
        assertThat(reply.header("Muster-Outcome")).isEqualTo(reply.media().streams() ? "running" : outcome);
        assertThat(reply.header("Muster-Batch-Id"))
                .isEqualTo(reply.summary().path("id").asString());
        assertThat(reply.results())
                .as("exactly one slot per request")
                .extracting(slot -> slot.path("index").intValue())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, requests).boxed().toList());
        assertThat(counts(reply.summary())).isEqualTo(tally(reply.results()));
        assertThat(reply.results())
                .filteredOn(slot -> slot.has("error"))
                .allSatisfy(slot -> assertThat(slot.at("/error/sent").isBoolean())
                        .as("every error says whether the call was sent: %s", slot)
                        .isTrue());
    }

    private static Map<String, Integer> counts(JsonNode summary) {
        return summary.path("counts")
                .propertyStream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, count -> count.getValue().intValue()));
    }

    private static Map<String, Integer> tally(List<JsonNode> results) {
        var outcomes = Map.of(
                "succeeded", "succeeded",
                "failed", "failed",
                "timedOut", "timed-out",
                "rejected", "rejected",
                "cancelled", "cancelled",
                "pending", "pending");
        return outcomes.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        name -> Math.toIntExact(results.stream()
                                .filter(slot ->
                                        slot.path("outcome").asString("").equals(name.getValue()))
                                .count())));
    }
}
