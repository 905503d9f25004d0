package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.RawServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Batches that the operator has written, and callers name.
@TestPropertySource(
        properties = {
            "muster.views.product-page.description=What the product page shows.",
            "muster.views.product-page.parameters.item.type=integer",
            "muster.views.product-page.parameters.item.minimum=1",
            "muster.views.product-page.parameters.locale.pattern=[a-z]{2}",
            "muster.views.product-page.parameters.locale.default=en",
            "muster.views.product-page.batch.requests[0].id=item",
            "muster.views.product-page.batch.requests[0].service=raw",
            "muster.views.product-page.batch.requests[0].path=/items/{item}",
            "muster.views.product-page.batch.requests[0].required=true",
            "muster.views.product-page.batch.requests[1].service=raw",
            "muster.views.product-page.batch.requests[1].path=/{item#/body/name}?lang={locale}",
            "muster.views.search.parameters.tags.list=true",
            "muster.views.search.parameters.tags.enum=a,b",
            "muster.views.search.parameters.exact.type=boolean",
            "muster.views.search.batch.strategy=as-completed",
            "muster.views.search.batch.requests[0].service=raw",
            "muster.views.search.batch.requests[0].path=/search",
            "muster.views.search.batch.requests[0].body.tags={tags}",
            "muster.views.search.batch.requests[0].body.exact={exact}",
            "muster.views.search.batch.requests[0].body.text={{ {exact} }}",
        })
class ViewsTest extends RunningMuster {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static final RawServer RAW = RawServer.serving(peer -> {
        for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
            String body = request.target().startsWith("/items/8") ? "{\"no\": 1}" : "{\"name\": \"desk 7\"}";
            String age = request.target().startsWith("/items") ? "max-age=60\r\nage: 10" : "max-age=120, public";
            peer.write(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: %s\r\ncontent-length: %d\r\n\r\n%s"
                            .formatted(age, body.length(), body));
        }
    });

    /// How many requests have been looked at.
    private static int asked;

    @LocalServerPort
    private int views;

    @DynamicPropertySource
    static void raw(DynamicPropertyRegistry properties) {
        properties.add("muster.services.raw.base-url", () -> RAW.url(""));
    }

    @BeforeEach
    void forget() throws InterruptedException {
        for (; asked < RAW.received(); asked++) {
            RAW.request();
        }
    }

    @AfterAll
    static void close() throws Exception {
        RAW.close();
    }

    @Test
    void aViewIsAnsweredAsItsBatchWouldBe() throws Exception {
        HttpResponse<String> got = get("/views/product-page?item=7");
        HttpResponse<String> posted = post("/views/product-page", "{\"item\": 7, \"locale\": \"de\"}");

        assertThat(got.statusCode()).isEqualTo(200);
        assertThat(MAPPER.readTree(got.body()).path("outcome").asString()).isEqualTo("complete");
        assertThat(got.headers().firstValue("Muster-Outcome")).hasValue("complete");
        assertThat(posted.statusCode()).isEqualTo(200);
        assertThat(List.of(next(), next(), next(), next()))
                .extracting(RawServer.Request::target)
                .containsExactly("/items/7", "/desk%207?lang=en", "/items/7", "/desk%207?lang=de");
        assertThat(posted.headers().firstValue("etag")).isEmpty();
    }

    @Test
    void aCompleteGetHasATagAndTheLeastAgeThatItsUpstreamsAllow() throws Exception {
        HttpResponse<String> first = get("/views/product-page?item=7");
        String tag = first.headers().firstValue("etag").orElseThrow();

        assertThat(first.headers().firstValue("cache-control")).hasValue("max-age=50");
        assertThat(first.headers().allValues("vary")).anyMatch(vary -> vary.contains("Accept"));
        assertThat(get("/views/product-page?item=7", "If-None-Match", tag).statusCode())
                .isEqualTo(304);
        assertThat(get("/views/product-page?item=7", "If-None-Match", "\"x\"").statusCode())
                .isEqualTo(200);

        HttpResponse<String> partial = get("/views/product-page?item=8");
        assertThat(partial.headers().firstValue("etag")).isEmpty();
        assertThat(partial.headers().firstValue("cache-control")).hasValue("no-store");
        assertThat(MAPPER.readTree(partial.body()).at("/results/1/error/type").asString())
                .isEqualTo("dependency-failed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/event-stream", "application/x-ndjson"})
    void aViewIsStreamed(String type) throws Exception {
        HttpResponse<String> streamed = get("/views/product-page?item=7", "Accept", type);

        assertThat(streamed.headers().firstValue("content-type").orElseThrow()).startsWith(type);
        assertThat(streamed.body()).contains("\"outcome\":\"complete\"");
    }

    @Test
    void valuesKeepTheirTypes() throws Exception {
        assertThat(get("/views/search?tags=a&tags=b&exact=true").statusCode()).isEqualTo(200);
        assertThat(post("/views/search", "{\"tags\": [ \"a\" ], \"exact\": false}")
                        .statusCode())
                .isEqualTo(200);

        assertThat(List.of(next(), next()))
                .extracting(request -> new String(request.body(), UTF_8))
                .containsExactly(
                        "{\"tags\":[\"a\",\"b\"],\"exact\":true,\"text\":\"{ true }\"}",
                        "{\"tags\":[ \"a\" ],\"exact\":false,\"text\":\"{ false }\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "product-page?item=0 | #/item | must be at least 1",
                "product-page?item=1.5 | #/item | must be a whole number",
                "product-page?item=7&item=8 | #/item | is given twice",
                "product-page? | #/item | is required",
                "product-page?item=1&locale=eng | #/locale | must match [a-z]{2}",
                "product-page?item=1&other=1 | #/other | unknown parameter",
                "search?tags=c&exact=true | #/tags | element 0 must be one of a, b",
                "search?tags=a&exact=yes | #/exact | must be true or false",
            })
    void aParameterThatIsWrongIsToldByItsPointer(String query, String pointer, String detail) throws Exception {
        HttpResponse<String> refused = get("/views/" + query);

        assertThat(refused.statusCode()).isEqualTo(400);
        JsonNode problem = MAPPER.readTree(refused.body());
        assertThat(problem.path("type").asString()).isEqualTo("urn:muster:problem:invalid-batch");
        assertThat(problem.at("/errors/0/pointer").asString()).isEqualTo(pointer);
        assertThat(problem.at("/errors/0/detail").asString()).isEqualTo(detail);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"item\": \"7\"} | #/item",
                "{\"item\": 7, \"item\": 8} | #/item",
                "{\"item\": null} | #/item",
                "[] | #",
                "{ | #",
            })
    void soIsOneOfADocument(String document, String pointer) throws Exception {
        HttpResponse<String> refused = post("/views/product-page", document);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(MAPPER.readTree(refused.body()).at("/errors/0/pointer").asString())
                .isEqualTo(pointer);
    }

    @Test
    void aViewThatThereIsNotIsUnknown() throws Exception {
        HttpResponse<String> unknown = get("/views/none");

        assertThat(unknown.statusCode()).isEqualTo(404);
        assertThat(MAPPER.readTree(unknown.body()).path("type").asString())
                .isEqualTo("urn:muster:problem:unknown-view");
    }

    @Test
    void theListHasTheParametersAsJsonSchema() throws Exception {
        JsonNode views = MAPPER.readTree(get("/views").body()).path("views");

        assertThat(views.at("/0")).isEqualTo(MAPPER.readTree("""
                {"name": "product-page", "description": "What the product page shows.", "parameters": {
                  "type": "object", "additionalProperties": false, "required": ["item"], "properties": {
                    "item": {"type": "integer", "minimum": 1},
                    "locale": {"type": "string", "pattern": "^(?:[a-z]{2})$", "default": "en"}}}}"""));
        assertThat(views.at("/1/parameters/properties/tags/items/enum")).hasSize(2);
    }

    @Test
    void everyViewIsAnOperationOfTheDocument() throws Exception {
        JsonNode document = MAPPER.readTree(get("/v3/api-docs").body());

        JsonNode get = document.at("/paths/~1views~1product-page/get");
        assertThat(get.path("parameters")).hasSize(2);
        assertThat(get.at("/parameters/0/required").booleanValue()).isTrue();
        assertThat(get.at("/responses/200").isMissingNode()).isFalse();
        assertThat(document.at("/paths/~1views~1search/post/requestBody/content/application~1json/schema/required"))
                .hasSize(2);
    }

    private static RawServer.Request next() throws InterruptedException {
        asked++;
        return RAW.request();
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = request(path).GET();
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String document) throws Exception {
        return HTTP.send(
                request(path)
                        .header("content-type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(document))
                        .build(),
                BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + views + path))
                .timeout(Duration.ofSeconds(20));
    }
}
