package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.RawServer;
import dev.muster.fanout.Fanout;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Clients that take none of their answers, or little, well within the write timeout.
@Timeout(120)
class UnreadAnswersTest {

    private static final int CALLS = 12;
    private static final int BYTES = 1_000_000;
    private static final int LITTLE = 2_000;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final RawServer upstream = RawServer.serving(peer -> {
        String large = RawServer.ok("a".repeat(BYTES));
        for (var request = peer.read(); request != null; request = peer.read()) {
            peer.write(large);
        }
    });
    private final StartedMuster muster = StartedMuster.with(
            "muster.services.up.base-url=" + upstream.url("/"),
            "muster.services.up.timeout=20s",
            "muster.gateway.timeout=20s",
            "muster.gateway.drain-timeout=1s",
            "muster.gateway.write-timeout=1h",
            "muster.gateway.max-buffered=50MB");

    @AfterEach
    void stop() throws Exception {
        muster.close();
        upstream.close();
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerThatIsNotReadIsLostWhenOthersNeedItsRoom(Media media) throws Exception {
        try (var first = RawClient.unhurried(muster.port());
                var second = RawClient.unhurried(muster.port())) {
            post(first, media);
            post(second, media);
            awaitFull();

            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(muster.client().post(batch(4)).status()).isEqualTo(200));
            assertThat(first.restLength() + second.restLength())
                    .as("bytes of the two")
                    .isLessThan(2L * CALLS * BYTES);
        }
        await().atMost(SOON).until(() -> load() == 0);
    }

    @Test
    void anAnswerOfWhichALittleIsReadStaysWhoeverNeedsItsRoom() throws Exception {
        try (var first = RawClient.unhurried(muster.port());
                var second = RawClient.unhurried(muster.port())) {
            post(first, Media.SSE);
            post(second, Media.SSE);
            awaitFull();

            int read = 0;
            long end = System.nanoTime() + Duration.ofSeconds(4).toNanos();
            for (int refused = 0; refused < 10 || System.nanoTime() < end; read += LITTLE) {
                refused += muster.client().post(batch(CALLS)).status() == 503 ? 1 : 0;
                first.read(LITTLE);
                second.read(LITTLE);
            }
            assertThat(read + first.restLength()).isGreaterThan(CALLS * BYTES);
            assertThat(read + second.restLength()).isGreaterThan(CALLS * BYTES);
        }
    }

    @Test
    void noStopWaitsLongerForThem() throws Exception {
        try (var client = RawClient.unhurried(muster.port())) {
            post(client, Media.SSE);
            await().atMost(SOON).until(() -> load() > 2L * CALLS * BYTES);

            assertThat(CompletableFuture.runAsync(muster.context()::close)).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    private void awaitFull() {
        await().atMost(SOON).until(() -> load() > 4L * CALLS * BYTES);
    }

    private long load() {
        return muster.context().getBean(Fanout.class).load().bufferedBytes();
    }

    private static Batch batch(int calls) {
        return Batch.of("as-completed", Collections.nCopies(calls, Call.to("up", "/")));
    }

    private static void post(RawClient client, Media media) throws IOException {
        var body = batch(CALLS).json();
        client.send("POST /batches HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: %s\r\n"
                .formatted(media.type()));
        client.send("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s".formatted(body.length(), body));
    }
}
