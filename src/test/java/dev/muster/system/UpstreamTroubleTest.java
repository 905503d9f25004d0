package dev.muster.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.model.ContainerNetwork;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.lifecycle.Startables;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Real upstreams, really paused, killed, cut off, slowed down and moved. The other one must not notice.
@Tag("system")
class UpstreamTroubleTest {

    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String BATCH = """
            {"timeout": "900ms", "requests": [
              {"id": "well", "service": "well", "path": "/"},
              {"id": "ill", "service": "ill", "path": "/"}]}""";

    private static Network network;
    private static Upstream well;
    private static Upstream ill;
    private static Muster muster;

    @BeforeAll
    static void start() {
        Engine.assumeReady();
        network = Network.newNetwork();
        well = new Upstream(network, "well");
        ill = new Upstream(network, "ill");
        // A lost packet is sent again after 200 ms and more, and the answer still has its way to go.
        muster =
                new Muster(network, List.of("well", "ill"), host -> {}).withEnv("MUSTER_SERVICES_ILL_TIMEOUT", "600ms");
        Startables.deepStart(well, ill, muster).join();
        eventually("ill", "succeeded");
    }

    @AfterAll
    static void stop() {
        for (GenericContainer<?> container : new GenericContainer<?>[] {muster, ill, well}) {
            if (container != null) {
                container.stop();
            }
        }
        if (network != null) {
            network.close();
        }
    }

    private static JsonNode send() {
        return JsonMapper.shared().readTree(muster.post(BATCH).body());
    }

    private static JsonNode result(JsonNode batch, String id) {
        return batch.path("results")
                .valueStream()
                .filter(result -> result.path("id").asString().equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static String outcome(JsonNode batch, String id) {
        return result(batch, id).path("outcome").asString();
    }

    /// Until the outcome is there: what a platform does to a container takes its time to show.
    private static JsonNode eventually(String id, String outcome) {
        return await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(100))
                .until(UpstreamTroubleTest::send, batch -> outcome(batch, id).equals(outcome));
    }

    private static void assertOnlyTheOtherOneIsServed(JsonNode batch) {
        assertThat(outcome(batch, "well")).as("%s", batch).isEqualTo("succeeded");
        assertThat(outcome(batch, "ill")).as("%s", batch).isNotEqualTo("succeeded");
        assertThat(batch.path("elapsedMs").asDouble()).isLessThan(1_500);
    }

    @Test
    void answersInTimeWhileAnUpstreamIsPaused() {
        Engine.client().pauseContainerCmd(ill.getContainerId()).exec();
        try {
            assertOnlyTheOtherOneIsServed(eventually("ill", "timed-out"));
        } finally {
            Engine.client().unpauseContainerCmd(ill.getContainerId()).exec();
        }
        eventually("ill", "succeeded");
    }

    @Test
    void findsAnUpstreamAgainThatWasKilledAndStarted() {
        Engine.client().killContainerCmd(ill.getContainerId()).exec();
        try {
            assertOnlyTheOtherOneIsServed(send());
        } finally {
            Engine.client().startContainerCmd(ill.getContainerId()).exec();
        }
        eventually("ill", "succeeded");
    }

    @Test
    void findsAnUpstreamAgainThatWasOffTheNetwork() {
        disconnect(ill);
        try {
            assertOnlyTheOtherOneIsServed(send());
        } finally {
            connect(ill, "ill");
        }
        eventually("ill", "succeeded");
    }

    @Test
    void followsANameThatMovesToAnotherAddress() {
        try (Upstream other = new Upstream(network, "other")) {
            other.start();
            disconnect(ill);
            disconnect(other);
            connect(other, "ill");
            try {
                JsonNode batch = eventually("ill", "succeeded");
                assertThat(batch.toString()).contains("\"from\":\"other\"");
            } finally {
                disconnect(other);
                connect(ill, "ill");
            }
        }
        eventually("ill", "succeeded");
    }

    @Test
    void answersInTimeWhileALinkDelaysAndLosesMuch() {
        var batches = new ArrayList<JsonNode>();
        try (var _ = Link.of(ill, Duration.ofMillis(600), 30)) {
            IntStream.range(0, 20).forEach(_ -> batches.add(send()));
        }
        assertThat(batches).allSatisfy(batch -> {
            assertThat(outcome(batch, "well")).isEqualTo("succeeded");
            assertThat(batch.path("elapsedMs").asDouble()).isLessThan(1_500);
        });
        assertThat(batches).extracting(batch -> outcome(batch, "ill")).contains("timed-out");
        eventually("ill", "succeeded");
    }

    @Test
    void answersWholeBatchesWhileALinkDelaysAndLosesLittle() {
        var delay = Duration.ofMillis(30);
        try (var _ = Link.of(ill, delay, 2)) {
            eventually("ill", "succeeded");
            for (JsonNode batch : IntStream.range(0, 50).mapToObj(_ -> send()).toList()) {
                assertThat(batch.path("outcome").asString()).as("%s", batch).isEqualTo("complete");
                assertThat(result(batch, "ill").path("elapsedMs").asDouble()).isGreaterThan((double) delay.toMillis());
            }
        }
    }

    private static void disconnect(Upstream upstream) {
        Engine.client()
                .disconnectFromNetworkCmd()
                .withNetworkId(network.getId())
                .withContainerId(upstream.getContainerId())
                .exec();
    }

    private static void connect(Upstream upstream, String alias) {
        Engine.client()
                .connectToNetworkCmd()
                .withNetworkId(network.getId())
                .withContainerId(upstream.getContainerId())
                .withContainerNetwork(new ContainerNetwork().withAliases(alias))
                .exec();
    }
}
