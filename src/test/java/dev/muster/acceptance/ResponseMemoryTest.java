package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.RawServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What Muster does where response bodies take more memory than there is.
class ResponseMemoryTest {

    /// There is room for one such response, which counts twice, and not for two.
    private static final String LARGE = "a".repeat(40_000);

    private final RawServer upstream = RawServer.serving(peer -> {
        for (var request = peer.read(); request != null; request = peer.read()) {
            peer.write(RawServer.ok(LARGE));
        }
    });
    private final StartedMuster muster = StartedMuster.with(
            "muster.services.up.base-url=" + upstream.url("/"),
            "muster.services.up.timeout=10s",
            "muster.services.up.coalesce=true",
            "muster.gateway.timeout=10s",
            "muster.gateway.max-buffered=100KB");

    @AfterEach
    void stop() throws Exception {
        muster.close();
        upstream.close();
    }

    @Test
    void callsFailForWhoseResponsesThereIsNoRoom() {
        var reply = muster.client()
                .post(Batch.gather(Call.up("first", "/"), Call.up("second", "/"))
                        .with("concurrency", 1));

        assertThat(reply.slots()).containsExactly("first succeeded", "second failed response-too-large");
        assertThat(reply.text()).contains("the batches taken on hold too much memory to keep the response");
    }

    @Test
    void everyCallThatHasAResponseTakesRoomForIt() {
        var reply = muster.client().post(Batch.gather(Call.up("a", "/"), Call.up("b", "/"), Call.up("c", "/")));

        assertThat(reply.slots()).filteredOn(slot -> slot.endsWith("succeeded")).hasSize(1);
        assertThat(reply.slots())
                .filteredOn(slot -> slot.endsWith("failed response-too-large"))
                .hasSize(2);
        assertThat(upstream.received()).as("requests").isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource
    void theRoomIsThereAgainWhenTheAnswerHasLeft(Media media) {
        for (int i = 0; i < 5; i++) {
            await().untilAsserted(() -> assertThat(muster.client()
                            .post(Batch.gather(Call.up("one", "/")), media)
                            .slots())
                    .containsExactly("one succeeded"));
        }
    }

    @Test
    void theRoomIsThereAgainWhenTheClientHasLeft() throws Exception {
        String batch = Batch.gather(Call.up("one", "/")).json();
        for (int i = 0; i < 5; i++) {
            try (var client = new RawClient(muster.port())) {
                client.send("POST /batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
                client.send("Content-Length: %d\r\n\r\n%s".formatted(batch.length(), batch));
            }
            await().untilAsserted(() -> assertThat(muster.client()
                            .post(Batch.gather(Call.up("one", "/")))
                            .slots())
                    .containsExactly("one succeeded"));
        }
    }
}
