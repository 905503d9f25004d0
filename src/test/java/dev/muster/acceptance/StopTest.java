package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What clients see on their kept-alive connections while Muster stops.
@Timeout(120)
class StopTest {

    private static final String CLOSE = "\r\nconnection: close\r\n";

    @Test
    void everyAnswerIsTheLastOfItsConnectionOnceMusterStops() throws Exception {
        try (var upstream = FaultyUpstream.start();
                var muster = StartedMuster.with(
                        "muster.services.up.base-url=" + upstream.url(""),
                        "muster.services.up.timeout=20s",
                        "muster.gateway.timeout=20s");
                var accepted = new RawClient(muster.port());
                var events = new RawClient(muster.port());
                var lines = new RawClient(muster.port());
                var refused = new RawClient(muster.port());
                var lost = new RawClient(muster.port());
                var idle = new RawClient(muster.port())) {
            post(accepted, Media.JSON, "/hold?accepted");
            post(events, Media.SSE, "/ok", "/hold?events");
            post(lines, Media.NDJSON, "/ok", "/hold?lines");
            assertThat(events.readUntil("succeeded")).doesNotContain(CLOSE);
            assertThat(lines.readUntil("succeeded")).doesNotContain(CLOSE);
            post(refused, Media.JSON, "/ok");
            assertThat(answer(refused)).startsWith("HTTP/1.1 200").doesNotContain(CLOSE);
            var holding = new String[] {"/hold?accepted", "/hold?events", "/hold?lines"};
            for (var target : holding) {
                upstream.awaitExchange(target);
            }

            var stopped = CompletableFuture.runAsync(muster.context()::close);
            var management = new Management(muster.managementPort());
            await().until(() -> management.get("health/readiness", "*/*").statusCode() == 503);
            assertThat(management.get("health/serving", "*/*").statusCode()).isEqualTo(503);
            var another = Batch.gather(Call.to("up", "/ok"));
            await().until(() -> muster.client().post(another).status() == 503);

            post(refused, Media.JSON, "/ok");
            assertThat(refused.rest()).startsWith("HTTP/1.1 503").contains(CLOSE, "Retry-After: 1");
            lost.get("/nowhere");
            assertThat(lost.rest()).startsWith("HTTP/1.1 404").contains(CLOSE);
            for (var target : holding) {
                upstream.onlyExchange(target).release();
            }
            assertThat(accepted.rest()).startsWith("HTTP/1.1 200").contains(CLOSE, "\"outcome\":\"complete\"");
            assertThat(events.rest()).contains("event: summary").endsWith("\r\n0\r\n\r\n");
            assertThat(lines.rest()).contains("\"counts\"").endsWith("\r\n0\r\n\r\n");
            assertThat(idle.rest()).isEmpty();
            assertThat(stopped).succeedsWithin(Duration.ofSeconds(20));
        }
    }

    /// Posts a batch of calls of the service `up`, as completed.
    private static void post(RawClient client, Media media, String... targets) throws IOException {
        var calls = Stream.of(targets).map(target -> Call.to("up", target)).toList();
        var body = Batch.of("as-completed", calls).json();
        client.send("POST /batches HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n".formatted(media.type()));
        client.send("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s".formatted(body.length(), body));
    }

    /// One answer of known length.
    private static String answer(RawClient client) throws IOException {
        var head = client.readUntil("\r\n\r\n");
        var length = head.replaceFirst("(?is).*\r\ncontent-length: (\\d+)\r\n.*", "$1");
        return head + client.read(Integer.parseInt(length));
    }
}
