package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a call says, as its upstream receives it, and what its slot says of it.
class CallsTest extends RunningMuster {

    @Test
    void slotTellsWhatItsUpstreamAnswered() {
        var reply = muster.post(Batch.gather(Call.up("a", "/status/201")));

        assertEnded(reply, 1, "complete", 200);
        var slot = reply.slot("a");
        assertThat(slot.path("url").asString()).isEqualTo(upstream.url("/status/201"));
        assertThat(slot.path("status").intValue()).isEqualTo(201);
        assertThat(slot.at("/headers/x-reason/0").asString()).isEqualTo("asked-for");
        assertThat(slot.at("/headers/content-type/0").asString()).isEqualTo("application/json");
        assertThat(slot.at("/body/reason").asString()).isEqualTo("asked for");
        assertThat(slot.path("attempts").intValue()).isEqualTo(1);
        assertThat(slot.path("elapsedMs").isNumber()).isTrue();
        assertThat(slot.has("error")).isFalse();
    }

    @Test
    void slotKeepsStatusHeadersAndBodyWhenTheStatusIsNoSuccess() {
        var slot = muster.post(Batch.gather(Call.up("a", "/status/503"))).slot("a");

        assertThat(Reply.describe(slot)).isEqualTo("failed http-status");
        assertThat(slot.path("status").intValue()).isEqualTo(503);
        assertThat(slot.at("/headers/x-reason/0").asString()).isEqualTo("asked-for");
        assertThat(slot.at("/body/reason").asString()).isEqualTo("asked for");
        assertThat(slot.at("/error/sent").booleanValue()).isTrue();
    }

    @Test
    void callIsNamedByItsIndexWhenItHasNoId() {
        var reply = muster.post(
                Batch.gather(Call.to("up", "/ok"), Call.up("named.A-1_z", "/ok"), Call.url(upstream.url("/ok"))));

        assertThat(reply.slots()).containsExactly("0 succeeded", "named.A-1_z succeeded", "2 succeeded");
    }

    @Test
    void plainUrlIsACall() {
        var response = muster.post("{\"requests\": [\"%s\"]}".formatted(upstream.url("/ok?plain")));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(upstream.exchanges("/ok?plain")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "/ok?q=a%2Fb",
        "/ok/%2F%20%E2%82%AC/x",
        "/ok?a=1&a=2&empty=&plus=a+b&percent=%25",
        "/ok?braces=%7Bid%7D",
    })
    void targetArrivesAsItWasWritten(String target) {
        muster.post(Batch.gather(Call.up("service", target), Call.url(upstream.url(target))));

        assertThat(upstream.exchanges()).extracting(Exchange::target).containsExactly(target, target);
    }

    @Test
    void methodIsGetWhenThereIsNoBody() {
        muster.post(Batch.gather(Call.up("a", "/ok")));

        assertThat(upstream.onlyExchange("/ok").method()).isEqualTo("GET");
    }

    @Test
    void methodIsPostAndTypeIsJsonWhenThereIsABody() {
        muster.post(Batch.gather(Call.up("a", "/ok").with("body", Map.of("text", "hi"))));

        var seen = upstream.onlyExchange("/ok");
        assertThat(seen.method()).isEqualTo("POST");
        assertThat(seen.header("content-type")).containsExactly("application/json");
        assertThat(seen.body()).asString(UTF_8).isEqualTo("{\"text\":\"hi\"}");
    }

    @ParameterizedTest
    @CsvSource({"PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "PROPFIND"})
    void methodIsAnyThatTheCallNames(String method) {
        muster.post(Batch.gather(Call.up("a", "/status/204").with("method", method)));

        assertThat(upstream.onlyExchange("/status/204").method()).isEqualTo(method);
    }

    @Test
    void headersArriveWithAllTheirValues() {
        var headers = Map.of("X-Tenant", "a", "x-many", List.of("1", "2, 3"));
        muster.post(Batch.gather(Call.up("a", "/ok").with("headers", headers)));

        var seen = upstream.onlyExchange("/ok");
        assertThat(seen.header("x-tenant")).containsExactly("a");
        assertThat(String.join(", ", seen.header("x-many"))).isEqualTo("1, 2, 3");
    }

    @Test
    void jsonBodyArrivesUnroundedWhenItsNumbersAreLong() {
        muster.post("""
                {"requests": [{"service": "up", "path": "/ok", "body": {"z": 12345678901234567890, "a": 1.10}}]}
                """);

        assertThat(upstream.onlyExchange("/ok").body())
                .asString(UTF_8)
                .isEqualToIgnoringWhitespace("{\"z\":12345678901234567890,\"a\":1.10}");
    }

    @Test
    void stringIsSentAsItIsWhenItsTypeIsNotJson() {
        muster.post(Batch.gather(Call.up("a", "/ok")
                .with("headers", Map.of("content-type", "text/plain;charset=UTF-8"))
                .with("body", "Grüße\n\"ça\"")));

        var seen = upstream.onlyExchange("/ok");
        assertThat(seen.header("content-type")).containsExactly("text/plain;charset=UTF-8");
        assertThat(seen.body()).asString(UTF_8).isEqualTo("Grüße\n\"ça\"");
    }

    @Test
    void stringIsSentAsJsonWhenNoOtherTypeIsNamed() {
        muster.post(Batch.gather(Call.up("a", "/ok").with("body", "hi")));

        assertThat(upstream.onlyExchange("/ok").body()).asString(UTF_8).isEqualTo("\"hi\"");
    }

    @Test
    void bytesArriveAsTheyWereWhenTheBodyIsBase64() {
        var bytes = Behaviour.Content.EVERY_BYTE;
        muster.post(Batch.gather(
                Call.up("a", "/ok").with("bodyBase64", Base64.getEncoder().encodeToString(bytes))));

        assertThat(upstream.onlyExchange("/ok").method()).isEqualTo("POST");
        assertThat(upstream.onlyExchange("/ok").body()).isEqualTo(bytes);
    }

    @ParameterizedTest
    @CsvSource({
        "200, 2xx, succeeded",
        "204, 2xx, succeeded",
        "302, 2xx, failed http-status",
        "404, 404, succeeded",
        "200, 404, failed http-status",
        "503, 5xx, succeeded",
    })
    void successIsWhatTheCallSaysItIs(int status, String success, String expected) {
        var reply = muster.post(Batch.gather(Call.up("a", "/status/" + status).with("success", List.of(success))));

        assertThat(Reply.describe(reply.slot("a"))).isEqualTo(expected);
        assertThat(reply.slot("a").path("status").intValue()).isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource({
        "200, succeeded",
        "299, succeeded",
        "304, succeeded",
        "400, failed http-status",
        "500, failed http-status"
    })
    void successIsTwoOrThreeHundredWhenTheCallSaysNothing(int status, String expected) {
        var slot = muster.post(Batch.gather(Call.up("a", "/status/" + status))).slot("a");

        assertThat(Reply.describe(slot)).isEqualTo(expected);
    }

    @Test
    void redirectIsTheAnswerWhenNoneIsToBeFollowed() {
        var slot = muster.post(Batch.gather(Call.up("a", "/redirect/1"))).slot("a");

        assertThat(Reply.describe(slot)).isEqualTo("succeeded");
        assertThat(slot.path("status").intValue()).isEqualTo(302);
        assertThat(slot.at("/headers/location/0").asString()).isEqualTo("/ok?landed");
        assertThat(upstream.exchanges()).hasSize(1);
    }

    @Test
    void redirectsAreFollowedAsFarAsAllowed() {
        var slot = muster.post(Batch.gather(Call.up("a", "/redirect/3").with("redirects", 3)))
                .slot("a");

        assertThat(Reply.describe(slot)).isEqualTo("succeeded");
        assertThat(slot.path("status").intValue()).isEqualTo(200);
        assertThat(upstream.exchanges())
                .extracting(Exchange::target)
                .containsExactly("/redirect/3", "/redirect/2", "/redirect/1", "/ok?landed");
    }

    @Test
    void callFailsWhenThereAreMoreRedirectsThanAllowed() {
        var slot = muster.post(Batch.gather(Call.up("a", "/redirect/3").with("redirects", 2)))
                .slot("a");

        assertThat(Reply.describe(slot)).isEqualTo("failed protocol-error");
        assertThat(upstream.exchanges("/ok?landed")).isEmpty();
    }

    @Test
    void noMoreCallsAreInFlightThanTheBatchAllows() {
        var calls = IntStream.range(0, 12)
                .mapToObj(i -> Call.up("c" + i, "/delay/20?" + i))
                .toList();
        var reply = muster.post(Batch.of("gather", calls).with("concurrency", 3));

        assertEnded(reply, 12, "complete", 200);
        assertThat(upstream.mostInFlight()).isEqualTo(3);
        assertThat(upstream.exchanges()).hasSize(12);
    }
}
