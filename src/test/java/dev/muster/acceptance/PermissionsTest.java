package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a caller may do, over the wire: what it may not never gets to an upstream.
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PermissionsTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final FaultyUpstream upstream = FaultyUpstream.start();
    private final StartedMuster muster = StartedMuster.with(
            "muster.auth.mode=api-key",
            "muster.auth.api-keys.reader=" + sha256("reader"),
            "muster.auth.api-keys.page=" + sha256("page"),
            "muster.auth.api-keys.admin=" + sha256("admin"),
            "muster.services.catalogue.base-url=" + upstream.url(""),
            "muster.services.stock.base-url=" + upstream.url(""),
            "muster.services.claimed.hosts=claimed.test",
            "muster.views.product.batch.requests[0].service=stock",
            "muster.views.product.batch.requests[0].path=/ok?view",
            "muster.views.other.batch.requests[0].service=stock",
            "muster.views.other.batch.requests[0].path=/ok?other",
            "muster.callers.default.may.urls=false",
            "muster.callers.default.may.services=",
            "muster.callers.default.may.views=product",
            "muster.callers.reader.may.urls=true",
            "muster.callers.reader.may.services=catalogue",
            "muster.callers.reader.may.methods=GET",
            "muster.callers.admin.may.urls=true",
            "muster.callers.admin.may.services=*",
            "muster.callers.admin.may.views=*");

    @AfterAll
    void stop() {
        muster.close();
    }

    @BeforeEach
    void forget() {
        upstream.forget();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            reader | {"service": "catalogue", "path": "/ok"}                     |
            reader | {"service": "stock", "path": "/ok"}                         | #/requests/0/service
            reader | {"service": "catalogue", "path": "/ok", "method": "POST"}   | #/requests/0/method
            reader | {"service": "catalogue", "path": "/ok", "body": 1}          | #/requests/0/method
            reader | {"url": "http://claimed.test/"}                             | #/requests/0/url
            page   | {"service": "catalogue", "path": "/ok"}                     | #/requests/0/service
            page   | "http://example.org/"                                       | #/requests/0/url
            admin  | {"service": "stock", "path": "/ok", "method": "DELETE"}     |
            """)
    void aBatchIsRefusedForWhatItsCallerMayNot(String caller, String call, String pointer) {
        var response = muster.client().post("{\"requests\": [" + call + "]}", "X-API-Key", caller);

        if (pointer == null) {
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(upstream.exchanges()).hasSize(1);
        } else {
            assertThat(response.statusCode()).isEqualTo(403);
            JsonNode problem = JSON.readTree(response.body());
            assertThat(problem.path("type").asString()).isEqualTo("urn:muster:problem:forbidden");
            assertThat(problem.at("/errors/0/pointer").asString()).isEqualTo(pointer);
            assertThat(upstream.exchanges()).isEmpty();
        }
    }

    @Test
    void allThatItMayNotIsToldAtOnceAndNothingIsSent() {
        var response = muster.client().post("""
                {"requests": [{"service": "catalogue", "path": "/ok"},
                  {"service": "stock", "path": "/ok", "method": "PUT"}]}""", "X-API-Key", "reader");

        assertThat(JSON.readTree(response.body())
                        .path("errors")
                        .valueStream()
                        .map(fault -> fault.path("pointer").asString()))
                .containsExactly("#/requests/1/service", "#/requests/1/method");
        assertThat(upstream.exchanges()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/x-ndjson", "text/event-stream"})
    void aLineThatItsCallerMayNotIsAResult(String accept) {
        var response = muster.client()
                .post("""
                        {"service": "catalogue", "path": "/ok"}
                        {"service": "stock", "path": "/ok"}
                        """, "Content-Type", "application/x-ndjson", "Accept", accept, "X-API-Key", "reader");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).contains("invalid-call", "#/service", "may not call this service");
        assertThat(upstream.exchanges()).hasSize(1);
    }

    @Test
    void aViewCallsWhatItCallsForWhoeverMayUseIt() throws Exception {
        assertThat(get("/views/product", "page").statusCode()).isEqualTo(200);
        assertThat(upstream.exchanges("/ok?view")).hasSize(1);
        HttpResponse<String> refused = get("/views/other", "page");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("urn:muster:problem:forbidden");
        assertThat(get("/views/other", "admin").statusCode()).isEqualTo(200);
        assertThat(upstream.exchanges("/ok?other")).hasSize(1);
        assertThat(names("page")).containsExactly("product");
        assertThat(names("admin")).containsExactlyInAnyOrder("product", "other");
    }

    private List<String> names(String caller) throws Exception {
        return JSON.readTree(get("/views", caller).body())
                .path("views")
                .valueStream()
                .map(view -> view.path("name").asString())
                .toList();
    }

    private HttpResponse<String> get(String path, String caller) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + muster.port() + path))
                        .header("X-API-Key", caller)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String sha256(String key) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
