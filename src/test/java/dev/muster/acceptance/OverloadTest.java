package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What clients see of a Muster that has more to do than it can.
@Timeout(120)
class OverloadTest {

    private static final String REFUSED = "HTTP/1.1 503";

    @Test
    void onceABatchWasRefusedTheNextIsBeforeItsDocumentIsSent() throws Exception {
        try (var upstream = FaultyUpstream.start();
                var muster = StartedMuster.with(
                        "muster.services.up.base-url=" + upstream.url(""),
                        "muster.services.up.timeout=20s",
                        "muster.gateway.timeout=20s",
                        "muster.gateway.max-in-flight=1",
                        "muster.gateway.max-waiting=0");
                var client = new RawClient(muster.port())) {
            var holding = CompletableFuture.supplyAsync(
                    () -> muster.client().post(Batch.gather(Call.to("up", "/hold?first"))));
            upstream.awaitExchange("/hold?first");
            var batch = Batch.gather(Call.to("up", "/ok"));
            assertThat(muster.client().post(batch).status()).isEqualTo(503);
            var management = new Management(muster.managementPort());
            assertThat(management.get("health/readiness", "*/*").statusCode()).isEqualTo(503);
            assertThat(management.get("health/serving", "*/*").statusCode()).isEqualTo(200);

            client.send("POST /batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n");
            client.send("Content-Length: %d\r\n\r\n".formatted(batch.json().length()));

            assertThat(client.readUntil("}"))
                    .startsWith(REFUSED)
                    .contains("Retry-After: 1", "too many calls are in flight and waiting");
            client.send(batch.json());
            client.get("/nowhere");
            assertThat(client.readUntil("}")).as("the connection is of use").startsWith("HTTP/1.1 404");
            upstream.onlyExchange("/hold?first").release();
            assertThat(holding.join().status()).isEqualTo(200);
            await().until(() -> muster.client().post(batch).status() == 200);
        }
    }

    /// More than an event loop looks at in one turn, by far.
    @Test
    void batchesThatComeAtOnceAreAllAnsweredWhole() throws Exception {
        try (var upstream = FaultyUpstream.start();
                var muster = StartedMuster.with(
                        "muster.services.up.base-url=" + upstream.url(""),
                        "muster.services.up.timeout=20s",
                        "muster.services.up.max-pending=4096",
                        "muster.gateway.timeout=20s",
                        "muster.gateway.max-queue-time=20s");
                var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            var batch = Batch.of(
                    "gather",
                    IntStream.range(0, 40)
                            .mapToObj(number -> Call.to("up", "/ok"))
                            .toList());

            List<CompletableFuture<Reply>> answers = IntStream.range(0, 64)
                    .mapToObj(number ->
                            CompletableFuture.supplyAsync(() -> muster.client().post(batch), clients))
                    .toList();

            assertThat(answers).allSatisfy(answer -> {
                assertThat(answer.join().status()).isEqualTo(200);
                assertThat(answer.join().outcome()).isEqualTo("complete");
            });
        }
    }
}
