package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.MusterApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Each answer that the OpenAPI document shows is one that Muster gives: to the batch of the same name, with the
/// simulator
/// of profile `demo` upstream, or to what is refused. What is another each time, as ids and times are, is left out.
@SpringBootTest(
        classes = MusterApplication.class,
        webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT,
        properties = {"management.server.port=0", "spring.profiles.active=demo"})
@Timeout(60)
class OpenApiExamplesTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final JsonNode OPERATION = read().at("/paths/~1batches/post");

    /// For a busy machine, on which a call may be later than the example has it.
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @LocalServerPort
    private int port;

    @Value("${muster.demo.port}")
    private int simulator;

    @DynamicPropertySource
    static void simulator(DynamicPropertyRegistry properties) throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            int free = socket.getLocalPort();
            properties.add("muster.demo.port", () -> free);
        }
    }

    private static JsonNode read() {
        try (var yaml = new ClassPathResource("openapi.yaml").getInputStream()) {
            return new YAMLMapper().readTree(yaml);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// An answer that the document shows.
    record Example(String name, int status, String mediaType, JsonNode value) {
        @Override
        public String toString() {
            return status + " " + mediaType + " " + name;
        }
    }

    static Stream<Example> examples() {
        return OPERATION.path("responses").properties().stream().flatMap(answer -> {
            JsonNode reference = answer.getValue().path("$ref");
            JsonNode response = reference.isMissingNode()
                    ? answer.getValue()
                    : read().at(reference.asString().substring(1));
            return response.path("content").properties().stream()
                    .flatMap(content -> content.getValue().path("examples").properties().stream()
                            .map(example -> new Example(
                                    example.getKey(),
                                    Integer.parseInt(answer.getKey()),
                                    content.getKey(),
                                    example.getValue().path("value"))));
        });
    }

    private static JsonNode request(String name) {
        return OPERATION.at("/requestBody/content/application~1json/examples/" + name + "/value");
    }

    static Stream<Example> answers() {
        return examples().filter(example -> !request(example.name()).isMissingNode());
    }

    static Stream<Example> refusals() {
        return examples()
                .filter(example -> request(example.name()).isMissingNode())
                .filter(example -> example.status() >= 400 && example.status() != 408);
    }

    @Test
    void hasAnAnswerForEveryBatch() {
        assertThat(answers().map(Example::name))
                .containsExactlyInAnyOrderElementsOf(OPERATION
                        .at("/requestBody/content/application~1json/examples")
                        .propertyNames());
    }

    @ParameterizedTest
    @MethodSource("answers")
    void everyBatchIsAnsweredAsItsExampleSays(Example example) {
        var client = new MusterClient(port);
        String accept = example.status() == 200 ? example.mediaType() : "application/json";
        var expected = steady(example.value(), example.mediaType());

        long end = System.nanoTime() + PATIENCE.toNanos();
        HttpResponse<String> response;
        List<JsonNode> answer;
        do {
            response = client.post(request(example.name()).toString(), "Accept", accept);
            answer = steady(JSON.valueToTree(response.body()), example.mediaType());
        } while (!answer.equals(expected) && System.nanoTime() - end < 0);

        assertThat(answer).isEqualTo(expected);
        assertThat(response.statusCode()).isEqualTo(example.status());
    }

    @Test
    void aBatchThatNobodyWaitsForIsAnsweredAsItsExampleSays() {
        Example example =
                examples().filter(shown -> shown.status() == 202).findFirst().orElseThrow();

        HttpResponse<String> response =
                new MusterClient(port).post(request("gather").toString(), "Prefer", "respond-async");

        assertThat(response.statusCode()).isEqualTo(202);
        assertThat(steady(JSON.readTree(response.body()))).isEqualTo(steady(example.value()));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void everyRefusalIsSaidAsItsExampleSaysIt(Example example) throws IOException {
        List<HttpResponse<String>> refusals = switch (example.name()) {
            case "faults" -> List.of(faults());
            case "malformed" -> List.of(new MusterClient(port).post("{\n  \"requests\": [\n    \"http://a/\""));
            case "not-acceptable" -> List.of(new MusterClient(port).post("{}", "Accept", "image/png"));
            case "too-many-requests" -> List.of(new MusterClient(port).post(calls(1_001)));
            case "unsupported-media-type" -> List.of(new MusterClient(port).post("{}", "Content-Type", "text/plain"));
            case "forbidden" -> List.of(new MusterClient(port).post("{}", "Origin", "http://evil.example"));
            case "unauthenticated" ->
                List.of(refused(
                        "{}", "{}", "muster.auth.mode=api-key", "muster.auth.api-keys.a=sha256:" + "0".repeat(64)));
            case "rate-limited" ->
                List.of(refused(
                        calls(100), calls(80), "muster.callers.default.rate=20", "muster.callers.default.burst=100"));
            case "idempotency-key-reused" -> List.of(reused());
            case "overloaded" -> tooMany();
            default -> throw new AssertionError("nothing is refused as " + example.name());
        };

        assertThat(refusals).extracting(HttpResponse::statusCode).containsOnly(example.status());
        assertThat(refusals)
                .extracting(refusal -> steady(JSON.readTree(refusal.body())))
                .contains(steady(example.value()));
    }

    /// Its number is the configured time, which is less here.
    @Test
    void aDocumentThatDoesNotComeIsRefusedAsItsExampleSays() throws IOException {
        Example example =
                examples().filter(shown -> shown.status() == 408).findFirst().orElseThrow();

        try (var muster = StartedMuster.with("muster.gateway.request-timeout=100ms");
                var client = new RawClient(muster.port())) {
            client.send("POST /batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 10\r\n\r\n{");
            String head = client.readUntil("\r\n\r\n");
            String body = client.readUntil("}");

            assertThat(head).startsWith("HTTP/1.1 408 ");
            assertThat(JSON.readTree(body.replace("100 ms", "10000 ms"))).isEqualTo(example.value());
        }
    }

    private HttpResponse<String> faults() {
        return new MusterClient(port).post("""
                {"strategy": "gather", "returnWhen": "first-completed", "requests": [
                  {"id": "7", "url": "http://a/"}, {"id": "7", "url": "http://a/"}, {"url": "inventory/items"}]}""");
    }

    private HttpResponse<String> reused() {
        String[] headers = {"Prefer", "respond-async", "Idempotency-Key", "one"};
        new MusterClient(port).post(calls(1), headers);
        return new MusterClient(port).post(calls(2), headers);
    }

    private static HttpResponse<String> refused(String batch, String before, String... properties) {
        try (var muster = StartedMuster.with(properties)) {
            muster.client().post(before);
            return muster.client().post(batch);
        }
    }

    /// Of batches that come at once, each with all the calls that there is room for. Refusals after the first come
    /// before a batch is read, and in other words.
    private List<HttpResponse<String>> tooMany() {
        String batch = "{\"requests\": ["
                + String.join(",", Collections.nCopies(2, "{\"service\": \"slow\", \"path\": \"/delay/250\"}")) + "]}";
        try (var muster = StartedMuster.with(
                "muster.gateway.max-in-flight=1",
                "muster.gateway.max-waiting=1",
                "muster.services.slow.base-url=http://127.0.0.1:" + simulator)) {
            var answers = Stream.generate(() -> CompletableFuture.supplyAsync(
                            () -> muster.client().post(batch),
                            task -> Thread.ofVirtual().start(task)))
                    .limit(4)
                    .toList();
            return answers.stream()
                    .map(CompletableFuture::join)
                    .filter(answer -> answer.statusCode() != 200)
                    .toList();
        }
    }

    private static String calls(int number) {
        return "{\"requests\": [" + String.join(",", Collections.nCopies(number, "\"http://127.0.0.1:1/\"")) + "]}";
    }

    /// The documents of an answer, without what is another each time.
    private static List<JsonNode> steady(JsonNode value, String mediaType) {
        return switch (mediaType) {
            case "text/event-stream" ->
                Arrays.stream(value.asString().split("\n\n"))
                        .map(event -> steady(JSON.readTree(event.substring(event.indexOf("data: ") + 6))))
                        .toList();
            case "application/x-ndjson" ->
                value.asString()
                        .lines()
                        .map(line -> steady(JSON.readTree(line)))
                        .toList();
            default -> List.of(steady(value.isString() ? JSON.readTree(value.asString()) : value));
        };
    }

    private static JsonNode steady(JsonNode answer) {
        String text = answer.toString()
                .replaceAll("127\\.0\\.0\\.1:[0-9]+", "127.0.0.1")
                .replaceAll("allows [0-9]+ calls", "allows calls")
                .replaceAll("\"expiresAt\":\"[^\"]+\"", "\"expiresAt\":\"\"")
                .replaceAll("\"elapsedMs\":[0-9.]+", "\"elapsedMs\":0")
                .replaceAll("\"(x-envoy-expected-rq-timeout-ms|content-length)\":\\[\"[0-9]+\"]", "\"$1\":[]")
                .replaceAll("\"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\"", "\"\"");
        return JSON.readTree(text);
    }
}
