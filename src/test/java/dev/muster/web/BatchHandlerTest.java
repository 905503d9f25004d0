package dev.muster.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.http.MediaType;
import org.springframework.test.web.reactive.server.WebTestClient;
import reactor.core.publisher.Mono;

/// What is refused before a batch is read, over the wire. The only call of every batch is one that the egress policy
/// rejects, so that nothing is sent anywhere.
@SpringBootTest(
        webEnvironment = WebEnvironment.RANDOM_PORT,
        properties = {"management.server.port=0", "muster.gateway.max-request-size=4KB"})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BatchHandlerTest {

    private static final String BATCH = "{\"requests\":[\"http://127.0.0.1:9/\"]}";

    @LocalServerPort
    private int port;

    private WebTestClient client = WebTestClient.bindToServer().build();

    @BeforeAll
    void connect() {
        client = WebTestClient.bindToServer()
                .baseUrl("http://127.0.0.1:" + port)
                .responseTimeout(Duration.ofSeconds(30))
                .build();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"nonsense", "application/", "*/json", "application/json;q=2", "application/json;q=x", "text/html"
            })
    void answersNotAcceptableWhenAcceptIsMalformedOrNamesNothingOffered(String accept) {
        refuses(post("application/json").header("Accept", accept).bodyValue(BATCH), 406, "not-acceptable");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/*",
                "application/jsonx",
                "application/problem+json",
                "application/x-ndjson;charset=utf-16",
                "application/json;charset=utf-16",
                "application/json;charset=iso-8859-1"
            })
    void answersUnsupportedMediaTypeWhenTheBatchIsNotJsonInUtf8(String contentType) {
        refuses(post(contentType).bodyValue(BATCH), 415, "unsupported-media-type");
    }

    /// With another client: WebTestClient does not send these.
    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "/", "application/", "application/json;charset=no-such-one", "a/b/c"})
    void answersUnsupportedMediaTypeWhenTheContentTypeIsMalformed(String contentType) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/batches".formatted(port)))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", contentType)
                .POST(HttpRequest.BodyPublishers.ofString(BATCH))
                .build();

        try (var plain = HttpClient.newHttpClient()) {
            var response = plain.send(request, HttpResponse.BodyHandlers.ofString());

            assertThat(response.statusCode()).isEqualTo(415);
            assertThat(response.body()).contains("\"urn:muster:problem:unsupported-media-type\"");
        }
    }

    @Test
    void answersUnsupportedMediaTypeWhenThereIsNoContentType() {
        refuses(client.post().uri("/batches"), 415, "unsupported-media-type");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"application/json;charset=utf-8", "application/json; charset=\"UTF-8\"", "APPLICATION/JSON;x=y"})
    void takesABatchWhenItsContentTypeIsJsonInUtf8(String contentType) {
        succeeds(post(contentType).bodyValue(BATCH));
    }

    @Test
    void answersUnsupportedMediaTypeWhenTheBatchIsCompressed() {
        refuses(
                post("application/json").header("Content-Encoding", "gzip").bodyValue(gzip(BATCH)),
                415,
                "unsupported-media-type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1.5", "1e3", "0x10", "50ms", "", "9223372036854775808"})
    void refusesABatchWhenItsDeadlineHeaderIsNoPositiveNumber(String millis) {
        refuses(
                        post("application/json")
                                .header("X-Envoy-Expected-Rq-Timeout-Ms", millis)
                                .bodyValue(BATCH),
                        400,
                        "invalid-batch")
                .jsonPath("$.errors.length()")
                .isEqualTo(1)
                .jsonPath("$.errors[0].pointer")
                .isEqualTo("#")
                .jsonPath("$.errors[0].detail")
                .isEqualTo("header X-Envoy-Expected-Rq-Timeout-Ms must be a positive whole number of milliseconds");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1000", "9223372036854775807"})
    void takesABatchWhenItsDeadlineHeaderIsAPositiveNumber(String millis) {
        succeeds(post("application/json")
                .header("X-Envoy-Expected-Rq-Timeout-Ms", millis)
                .bodyValue(BATCH));
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void answersTooLargeWhenTheBatchHasMoreBytesThanAllowed(boolean sizeIsSaid) {
        String large = BATCH + " ".repeat(4_096);

        refuses(
                        sizeIsSaid
                                ? post("application/json").bodyValue(large)
                                : post("application/json")
                                        .body(Mono.just(large).delaySubscription(Mono.empty()), String.class),
                        413,
                        "batch-too-large")
                .jsonPath("$.detail")
                .isEqualTo("a batch document has at most 4096 bytes");
    }

    @Test
    void takesABatchWhenItHasExactlyAsManyBytesAsAllowed() {
        succeeds(post("application/json").bodyValue(BATCH + " ".repeat(4_096 - BATCH.length())));
    }

    @Test
    void refusesABatchWhenTheBodyIsEmpty() {
        refuses(post("application/json"), 400, "invalid-batch")
                .jsonPath("$.errors[0].detail")
                .isEqualTo("malformed JSON at line 1, column 1: the document is empty");
    }

    private WebTestClient.RequestBodySpec post(String contentType) {
        return client.post().uri("/batches").header("Content-Type", contentType);
    }

    private static WebTestClient.BodyContentSpec refuses(
            WebTestClient.RequestHeadersSpec<?> request, int status, String name) {
        return request.exchange()
                .expectStatus()
                .isEqualTo(status)
                .expectHeader()
                .contentType(MediaType.APPLICATION_PROBLEM_JSON)
                .expectHeader()
                .doesNotExist("Muster-Batch-Id")
                .expectBody()
                .jsonPath("$.type")
                .isEqualTo("urn:muster:problem:" + name)
                .jsonPath("$.status")
                .isEqualTo(status);
    }

    private static void succeeds(WebTestClient.RequestHeadersSpec<?> request) {
        request.exchange()
                .expectStatus()
                .isOk()
                .expectHeader()
                .contentType(MediaType.APPLICATION_JSON)
                .expectHeader()
                .valueEquals("Muster-Outcome", "partial")
                .expectBody()
                .jsonPath("$.results[0].outcome")
                .isEqualTo("rejected");
    }

    private static byte[] gzip(String text) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }
}
