package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What is refused, how it is said, and that nothing was sent upstream then.
@TestPropertySource(properties = {"muster.gateway.max-requests=20", "muster.gateway.max-request-size=64KB"})
class RefusalsTest extends RunningMuster {

    private static final JsonMapper MAPPER = new JsonMapper();

    private static final Call OK = Call.up("ok", "/ok");
    private static final Call BAD = Call.up("bad", "/ok");

    @AfterEach
    void nothingWasSentUpstream() {
        assertThat(upstream.exchanges()).isEmpty();
        assertThat(particular.exchanges()).isEmpty();
    }

    /// Faults of the call at `#/requests/1`; the call before it is sound.
    static Stream<Arguments> faultyCalls() {
        return Stream.of(
                arguments(BAD.with("id", "ok"), "/id"),
                arguments(BAD.with("id", ""), "/id"),
                arguments(BAD.with("id", "x".repeat(65)), "/id"),
                arguments(BAD.with("id", "white space"), "/id"),
                arguments(BAD.with("url", upstream.url("/ok")), ""),
                arguments(new Call(Map.of("id", "bad")), ""),
                arguments(new Call(Map.of("service", "up")), ""),
                arguments(new Call(Map.of("path", "/ok")), ""),
                arguments(Call.to("nobody", "/ok"), "/service"),
                arguments(Call.url("/ok"), "/url"),
                arguments(Call.url("ftp://127.0.0.1/"), "/url"),
                arguments(Call.url("http://"), "/url"),
                arguments(Call.url("http://user:secret@127.0.0.1/"), "/url"),
                arguments(Call.url("http://foo_bar.1/"), "/url"),
                arguments(BAD.with("method", "G E T"), "/method"),
                arguments(BAD.with("body", Map.of()).with("bodyBase64", "AA=="), ""),
                arguments(BAD.with("bodyBase64", "no base64!"), "/bodyBase64"),
                arguments(BAD.with("timeout", "soon"), "/timeout"),
                arguments(BAD.with("timeout", "-5ms"), "/timeout"),
                arguments(BAD.with("success", List.of("9xx")), "/success"),
                arguments(BAD.with("success", List.of("fine")), "/success"),
                arguments(BAD.with("redirects", 6), "/redirects"),
                arguments(BAD.with("redirects", -1), "/redirects"),
                arguments(BAD.with("dependsOn", List.of("nobody")), "/dependsOn/0"),
                arguments(BAD.with("dependsOn", List.of("bad")), ""),
                arguments(BAD.with("pick", "data"), "/pick"),
                arguments(BAD.with("colour", "red"), "/colour"));
    }

    @ParameterizedTest
    @MethodSource("faultyCalls")
    void batchIsRefusedWhenACallHasAFault(Call call, String pointer) {
        var problem = assertRefused(muster.post(Batch.gather(OK, call).json()), 400, "invalid-batch");

        assertThat(pointers(problem))
                .isNotEmpty()
                .allSatisfy(found -> assertThat(found).startsWith("#/requests/1" + pointer));
    }

    static Stream<Arguments> faultyBatches() {
        var sound = Batch.gather(OK);
        return Stream.of(
                arguments(Batch.of("scatter", OK), "#/strategy"),
                arguments(sound.with("timeout", "never"), "#/timeout"),
                arguments(sound.with("timeout", 250), "#/timeout"),
                arguments(sound.with("onFailure", "explode"), "#/onFailure"),
                arguments(sound.with("concurrency", 0), "#/concurrency"),
                arguments(sound.with("concurrency", "many"), "#/concurrency"),
                arguments(sound.with("minSuccess", -1), "#/minSuccess"),
                arguments(sound.with("colour", "red"), "#/colour"),
                arguments(Batch.gather(), "#/requests"),
                arguments(sound.with("returnWhen", "first-completed"), "#/returnWhen"),
                arguments(sound.with("pending", "detach"), "#/pending"),
                arguments(Batch.asCompleted(OK).with("returnWhen", "first-exception"), "#/returnWhen"),
                arguments(Batch.firstCompleted(OK).with("onFailure", "fail"), "#/onFailure"),
                arguments(Batch.firstCompleted(OK).with("minSuccess", 1), "#/minSuccess"),
                arguments(Batch.firstCompleted(OK.with("required", true)), "#/requests/0/required"),
                arguments(Batch.waitFor(OK).with("onFailure", "fail"), "#/onFailure"),
                arguments(Batch.waitFor(OK).with("minSuccess", 1), "#/minSuccess"),
                arguments(Batch.waitFor(OK.with("required", true)), "#/requests/0/required"),
                arguments(Batch.waitFor(OK).with("returnWhen", "never"), "#/returnWhen"),
                arguments(Batch.waitFor(OK).with("pending", "keep"), "#/pending"));
    }

    @ParameterizedTest
    @MethodSource("faultyBatches")
    void batchIsRefusedWhenItHasAFaultItself(Batch batch, String pointer) {
        var problem = assertRefused(muster.post(batch.json()), 400, "invalid-batch");

        assertThat(pointers(problem)).containsExactly(pointer);
    }

    @Test
    void everyFaultIsNamedAtOnce() {
        var batch = Batch.of(
                        "gather",
                        OK,
                        OK,
                        BAD.with("redirects", 6).with("timeout", "soon"),
                        Call.to("nobody", "/ok"),
                        Call.url("ftp://127.0.0.1/"),
                        Call.up("last", "/ok").with("colour", "red"))
                .with("timeout", "never")
                .with("onFailure", "explode")
                .with("returnWhen", "first-exception")
                .with("colour", "red");

        var problem = assertRefused(muster.post(batch.json()), 400, "invalid-batch");

        assertThat(pointers(problem))
                .contains(
                        "#/timeout",
                        "#/onFailure",
                        "#/returnWhen",
                        "#/colour",
                        "#/requests/1/id",
                        "#/requests/2/redirects",
                        "#/requests/2/timeout",
                        "#/requests/3/service",
                        "#/requests/4/url",
                        "#/requests/5/colour");
    }

    @ParameterizedTest
    @ValueSource(strings = {"42", "null", "true", "[]"})
    void batchIsRefusedWhenARequestIsNeitherStringNorObject(String request) {
        var body = "{\"requests\": [\"%s\", %s]}".formatted(upstream.url("/ok"), request);

        var problem = assertRefused(muster.post(body), 400, "invalid-batch");

        assertThat(pointers(problem)).containsExactly("#/requests/1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"requests\": null}", "{\"requests\": {}}", "[]", "\"batch\"", "null", ""})
    void bodyThatIsNoBatchIsRefused(String body) {
        assertRefused(muster.post(body), 400, "invalid-batch");
    }

    @Test
    void malformedJsonIsRefusedByLineAndColumn() {
        var response = muster.post("""
                {
                  "strategy": "gather",
                  "requests": [}
                }
                """);

        var problem = assertRefused(response, 400, "invalid-batch");
        assertThat(problem.path("errors").toString())
                .containsPattern("(?i)line\\D{1,4}3\\b")
                .containsPattern("(?i)column\\D{1,4}1[67]\\b");
    }

    @Test
    void truncatedJsonIsRefused() {
        assertRefused(muster.post("{\"requests\": [\"" + upstream.url("/ok") + "\"]"), 400, "invalid-batch");
    }

    @Test
    void secretsOfAUrlAreNotRepeated() {
        var response = muster.post(
                Batch.gather(Call.url("http://user:hunter2@127.0.0.1/")).json());

        assertRefused(response, 400, "invalid-batch");
        assertThat(response.body()).doesNotContain("hunter2");
    }

    @Test
    void batchIsRefusedWhenItHasMoreRequestsThanAllowed() {
        assertRefused(muster.post(Batch.of("gather", calls(21)).json()), 413, "batch-too-large", "\\b20\\b");
    }

    @Test
    void batchIsRefusedWhenItHasMoreBytesThanAllowed() {
        var body = Batch.gather(OK.with("body", "x".repeat(64 << 10))).json();

        assertRefused(muster.post(body), 413, "batch-too-large", "(?i)64 ?k|65,?536");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "image/png", "application/xml"})
    void answerInAnotherMediaTypeIsRefused(String accept) {
        assertRefused(muster.post(Batch.gather(OK).json(), "Accept", accept), 406, "not-acceptable");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/xml", "application/x-www-form-urlencoded"})
    void batchInAnotherMediaTypeIsRefused(String contentType) {
        assertRefused(muster.post(Batch.gather(OK).json(), "Content-Type", contentType), 415, "unsupported-media-type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/event-stream", "application/x-ndjson", "text/event-stream, */*;q=0.1"})
    void refusalIsAProblemWhenAStreamWasAskedFor(String accept) {
        assertRefused(muster.post(Batch.of("scatter", OK).json(), "Accept", accept), 400, "invalid-batch");
    }

    private static List<Call> calls(int number) {
        return IntStream.range(0, number).mapToObj(i -> Call.up("c" + i, "/ok")).toList();
    }

    private static JsonNode assertRefused(HttpResponse<String> response, int status, String name, String... saying) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        var problem = MAPPER.readTree(response.body());
        assertThat(problem.path("type").asString()).isEqualTo("urn:muster:problem:" + name);
        assertThat(problem.path("status").intValue()).isEqualTo(status);
        assertThat(List.of(saying))
                .allSatisfy(pattern -> assertThat(response.body()).containsPattern(pattern));
        return problem;
    }

    private static List<String> pointers(JsonNode problem) {
        assertThat(problem.path("errors").valueStream())
                .allSatisfy(
                        error -> assertThat(error.path("detail").asString("")).isNotBlank());
        return problem.path("errors")
                .valueStream()
                .map(error -> error.path("pointer").asString(""))
                .toList();
    }
}
