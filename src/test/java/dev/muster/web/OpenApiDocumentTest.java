package dev.muster.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// What `/v3/api-docs` serves is the document in `openapi.yaml`, and the document holds what it promises.
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"management.server.port=0", "muster.gateway.max-requests=77"})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OpenApiDocumentTest {

    private static final String DOCUMENT_ID = "urn:muster:openapi";
    private static final JsonMapper JSON = new JsonMapper();

    private final HttpClient client = HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();

    @LocalServerPort
    private int port;

    private JsonNode served = JSON.missingNode();
    private SchemaRegistry schemas = SchemaRegistry.withDialect(Dialects.getOpenApi31());

    @BeforeAll
    void fetchDocument() throws Exception {
        String document = get("/v3/api-docs").body();
        served = JSON.readTree(document);
        schemas = SchemaRegistry.withDialect(
                Dialects.getOpenApi31(), registry -> registry.schemas(Map.of(DOCUMENT_ID, document)));
    }

    @Test
    void servesTheWrittenDocumentWithTheConfiguredLimitAndNothingElse() throws Exception {
        var expected = written();
        var requests = (ObjectNode) expected.at("/components/schemas/Batch/properties/requests");
        requests.put("maxItems", 77);

        assertThat(withoutOrderOfRequired(served)).isEqualTo(withoutOrderOfRequired(expected));
    }

    @Test
    void servesTheSameDocumentWhenAskedAgainInAnotherLanguage() throws Exception {
        var again = get("/v3/api-docs", "Accept-Language", "de");

        assertThat(JSON.readTree(again.body())).isEqualTo(served);
    }

    @Test
    void isOpenApi31OfTheVersionThatTheBuildHas() throws Exception {
        var pom = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of("pom.xml").toFile());
        String version = XPathFactory.newInstance().newXPath().evaluate("/project/version", pom);

        assertThat(text("/openapi")).isEqualTo("3.1.0");
        assertThat(text("/info/version")).isEqualTo(version);
    }

    @Test
    void describesTheRoutesOfTheContract() {
        assertThat(served.at("/paths").propertyNames())
                .containsExactly("/batches", "/batches/{id}", "/batches/{id}/results", "/views");
        assertThat(served.at("/paths/~1batches").propertyNames()).containsExactlyInAnyOrder("post", "put");
    }

    @Test
    void answersABatchInThreeMediaTypesAndAFailureAsProblemDetails() {
        assertThat(mediaTypesOf("200"))
                .containsExactly("application/json", "text/event-stream", "application/x-ndjson");
        assertThat(operation().at("/responses").propertyNames())
                .containsExactlyInAnyOrder(
                        "200", "202", "400", "401", "403", "406", "408", "413", "415", "422", "429", "502", "503",
                        "504");
        assertThat(Stream.of("400", "401", "403", "406", "408", "413", "415", "422", "429", "502", "503", "504"))
                .allSatisfy(status -> assertThat(mediaTypesOf(status)).containsExactly("application/problem+json"));
    }

    @Test
    void describesAStreamAsTextAndNotAsAnArray() {
        assertThat(text("/components/schemas/EventStream/type")).isEqualTo("string");
        assertThat(text("/components/schemas/NdjsonStream/type")).isEqualTo("string");
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        var references = served.findValuesAsString("$ref");

        assertThat(references)
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                served.at(reference.substring(1)).isMissingNode())
                        .as(reference)
                        .isFalse());
    }

    /// What generators stumble over: names of their own for what has none, values without a type, alternatives that
    /// they make empty classes of, defaults that their clients would send.
    @Test
    void saysAllInTheFormsThatGeneratorsUnderstand() {
        assertThat(served.findParents("enum").stream().map(JsonNode.class::cast))
                .allSatisfy(schema ->
                        assertThat(schema.has("type")).as("%s", schema).isTrue());
        assertThat(served.findParents("const").stream().map(JsonNode.class::cast))
                .allSatisfy(schema ->
                        assertThat(schema.has("type")).as("%s", schema).isTrue());
        assertThat(served.at("/components/schemas").findValues("not")).isEmpty();
        assertThat(served.at("/components/schemas").findValues("default")).isEmpty();
        assertThat(served.at("/components/schemas").findValues("discriminator")).isEmpty();
        assertThat(contentSchemas())
                .isNotEmpty()
                .allSatisfy(schema -> assertThat(schema.propertyNames())
                        .contains("$ref")
                        .doesNotContain("allOf", "oneOf", "properties"));
        assertThat(operation().path("description").asString()).hasSizeLessThan(100);
    }

    private List<JsonNode> contentSchemas() {
        return served.findValues("content").stream()
                .flatMap(content -> content.values().stream())
                .map(mediaType -> mediaType.path("schema"))
                .toList();
    }

    @Test
    void hasARequestExampleForEveryStrategy() {
        var examples = operation().at("/requestBody/content/application~1json/examples");

        assertThat(examples.propertyNames()).contains("gather", "as-completed", "first-completed", "wait");
    }

    Stream<Example> examples() {
        var bodies = Stream.concat(
                Stream.of("/paths/~1batches/post/requestBody"),
                operation().at("/responses").propertyNames().stream().map(this::pointerToResponse));
        return bodies.map(body -> body + "/content")
                .flatMap(content -> served.at(content).propertyNames().stream()
                        .map(mediaType -> content + '/' + escape(mediaType))
                        .flatMap(this::examplesOf));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void everyExampleFollowsItsSchema(Example example) {
        for (JsonNode document : example.documents()) {
            assertThat(faults(example.schema(), document))
                    .as(document.toString())
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"""
                {"requests": [{"url": "http://inventory:8080/items/7"}]}""", """
                {"strategy": "as-completed", "timeout": "PT0.25S", "onFailure": "fail", "minSuccess": 1, "concurrency": 64,
                 "requests": [{"url": "https://[2001:db8::1]/", "required": true, "success": ["2xx", "404"], "redirects": 5}]}""", """
                {"strategy": "wait", "timeout": "2s", "returnWhen": "first-exception", "pending": "cancel",
                 "requests": [{"service": "a", "path": "/items?x=1", "method": "PATCH", "bodyBase64": "aGk="}]}""", """
                {"requests": [{"service": "a", "path": "/", "body": null, "headers": {"x-a": ["1"], "x-b": ["2", "3"]}}]}""", """
                {"strategy": null, "timeout": null, "onFailure": null, "concurrency": null, "minSuccess": null,
                 "returnWhen": null, "pending": null,
                 "requests": [{"id": null, "url": null, "service": "a", "path": "/", "method": null, "headers": null,
                               "body": null, "bodyBase64": null, "timeout": null, "required": null, "success": null,
                               "redirects": null, "exposeHeaders": null},
                              {"url": "http://inventory/", "service": null, "path": null, "body": null, "bodyBase64": "MQ=="}]}""", """
                {"strategy": "wait", "onFailure": null, "minSuccess": null, "returnWhen": null,
                 "requests": [{"url": "http://inventory/", "required": null, "success": [], "headers": {}}]}"""})
    void takesABatchThatFollowsTheContract(String batch) {
        assertThat(faults("/components/schemas/Batch", JSON.readTree(batch))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                """
                {"strategy": "gather"}""",
                """
                {"requests": []}""",
                """
                {"requests": [{"url": "ftp://inventory/items"}]}""",
                """
                {"requests": [{"url": "http://user@inventory/items"}]}""",
                """
                {"requests": [{"url": "http://inventory/"}], "retries": 3}""",
                """
                {"requests": [{"url": "http://inventory/"}], "strategy": "zip"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "timeout": "250"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "timeout": "0ms"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "timeout": "PT"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "timeout": 250}""",
                """
                {"requests": [{"url": "http://inventory/"}], "concurrency": 0}""",
                """
                {"requests": [{"url": "http://inventory/"}], "returnWhen": "first-exception"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "strategy": "gather", "pending": "detach"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "strategy": "wait", "pending": "keep"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "strategy": "wait", "onFailure": "fail"}""",
                """
                {"requests": [{"url": "http://inventory/"}], "strategy": "first-completed", "minSuccess": 1}""",
                """
                {"requests": [{"url": "http://inventory/", "required": true}], "strategy": "first-completed"}""",
                """
                {"requests": [{"url": "http://inventory/", "dependsOn": ["a b"]}]}""",
                """
                {"requests": [{"url": "http://inventory/", "service": "a", "path": "/"}]}""",
                """
                {"requests": [{"url": "http://inventory/", "path": "/"}]}""",
                """
                {"requests": [{"service": "a"}]}""",
                """
                {"requests": [{"method": "GET"}]}""",
                """
                {"requests": [{"url": null}]}""",
                """
                {"requests": [null]}""",
                """
                {"requests": null}""",
                """
                {"requests": [{"service": "a", "path": null}]}""",
                """
                {"requests": [{"url": "http://inventory/", "headers": {"x-a": null}}]}""",
                """
                {"requests": [{"url": "http://inventory/", "success": [null]}]}""",
                """
                {"requests": [{"service": "a", "path": "items"}]}""",
                """
                {"requests": [{"url": "http://inventory/", "id": "a b"}]}""",
                """
                {"requests": [{"url": "http://inventory/", "body": 1, "bodyBase64": "MQ=="}]}""",
                """
                {"requests": [{"url": "http://inventory/", "method": "CONNECT"}]}""",
                """
                {"requests": [{"url": "http://inventory/", "headers": {"x-a": ["1\\r\\nx-b: 2"]}}]}""",
                """
                {"requests": [{"url": "http://inventory/", "success": ["6xx"]}]}""",
                """
                {"requests": [{"url": "http://inventory/", "redirects": 6}]}"""
            })
    void refusesABatchThatBreaksTheContract(String batch) {
        assertThat(faults("/components/schemas/Batch", JSON.readTree(batch))).isNotEmpty();
    }

    @Test
    void swaggerUiLoadsAndShowsThisDocument() throws Exception {
        var page = get("/swagger-ui.html");
        var configuration = JSON.readTree(get("/v3/api-docs/swagger-config").body());

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("id=\"swagger-ui\"");
        assertThat(get(page.uri().resolve("swagger-ui-bundle.js").getPath()).statusCode())
                .isEqualTo(200);
        assertThat(configuration.at("/url").asString()).isEqualTo("/v3/api-docs");
    }

    /// An example of the document.
    ///
    /// @param pointer   where it stands
    /// @param schema    pointer to the schema that each of its documents follows
    /// @param documents the JSON documents in it: one, or the events or lines of a stream
    record Example(String pointer, String schema, List<JsonNode> documents) {
        @Override
        public String toString() {
            return pointer;
        }
    }

    private Stream<Example> examplesOf(String content) {
        JsonNode examples = served.at(content + "/examples");
        assertThat(examples.isEmpty()).as("%s has no example", content).isFalse();
        return examples.propertyNames().stream().map(name -> {
            String pointer = content + "/examples/" + name;
            JsonNode value = served.at(pointer + "/value");
            if (content.endsWith("event-stream")) {
                return new Example(pointer, "/components/schemas/StreamEvent", events(value.asString()));
            }
            if (content.endsWith("x-ndjson")) {
                return new Example(
                        pointer,
                        "/components/schemas/StreamLine",
                        value.asString().lines().map(JSON::readTree).toList());
            }
            return new Example(pointer, content + "/schema", List.of(value));
        });
    }

    private static List<JsonNode> events(String stream) {
        assertThat(stream).endsWith("\n\n");
        return Arrays.stream(stream.split("\n\n"))
                .map(OpenApiDocumentTest::event)
                .toList();
    }

    private static JsonNode event(String lines) {
        var event = JSON.createObjectNode();
        lines.lines().forEach(line -> {
            String[] field = line.split(": ", 2);
            switch (field[0]) {
                case "event" -> event.put("event", field[1]);
                case "id" -> event.put("id", Integer.parseInt(field[1]));
                case "data" -> event.set("data", JSON.readTree(field[1]));
                default -> throw new AssertionError("no field of an event: " + line);
            }
        });
        return event;
    }

    private List<String> faults(String schema, JsonNode document) {
        return schemas.getSchema(SchemaLocation.of(DOCUMENT_ID + '#' + schema)).validate(document).stream()
                .map(fault -> fault.getInstanceLocation() + ": " + fault.getMessage())
                .toList();
    }

    private JsonNode operation() {
        return served.at("/paths/~1batches/post");
    }

    private String pointerToResponse(String status) {
        String pointer = "/paths/~1batches/post/responses/" + status;
        JsonNode reference = served.at(pointer + "/$ref");
        return reference.isMissingNode() ? pointer : reference.asString().substring(1);
    }

    private List<String> mediaTypesOf(String status) {
        return List.copyOf(served.at(pointerToResponse(status) + "/content").propertyNames());
    }

    private String text(String pointer) {
        return served.at(pointer).asString();
    }

    private static String escape(String mediaType) {
        return mediaType.replace("/", "~1");
    }

    private static JsonNode written() throws IOException {
        try (var document = new ClassPathResource("openapi.yaml").getInputStream()) {
            return new YAMLMapper().readTree(document);
        }
    }

    /// `required` is a set, and springdoc sorts it.
    private static JsonNode withoutOrderOfRequired(JsonNode tree) {
        var copy = tree.deepCopy();
        for (JsonNode parent : copy.findParents("required")) {
            if (parent instanceof ObjectNode schema && schema.get("required") instanceof ArrayNode names) {
                var sorted = new ArrayList<>(names.values());
                sorted.sort((a, b) -> a.asString().compareTo(b.asString()));
                schema.putArray("required").addAll(sorted);
            }
        }
        return copy;
    }

    private HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(Duration.ofSeconds(30));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }
}
