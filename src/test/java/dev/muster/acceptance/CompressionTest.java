package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collections;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.web.server.LocalServerPort;
import tools.jackson.databind.json.JsonMapper;

/// Answers are in gzip for clients that ask for it, and streams come as they do without.
class CompressionTest extends RunningMuster {

    private static final JsonMapper JSON = new JsonMapper();

    @LocalServerPort
    private int port;

    private HttpResponse<InputStream> post(String batch, String accept, String acceptEncoding) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/batches"))
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "application/json")
                .header("Accept", accept)
                .header("Accept-Encoding", acceptEncoding)
                .POST(BodyPublishers.ofString(batch))
                .build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofInputStream());
    }

    private static String batch(int calls, String more) {
        return "{" + more + "\"requests\": ["
                + String.join(",", Collections.nCopies(calls, "{\"service\": \"up\", \"path\": \"/ok\"}")) + "]}";
    }

    private static String unzipped(byte[] bytes) throws IOException {
        try (var gzip = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return new String(gzip.readAllBytes(), UTF_8);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "br, GZIP;q=0.5", "x-gzip", "*", "deflate, *;q=0.1"})
    void aDocumentIsCompressedForAClientThatAsks(String acceptEncoding) throws Exception {
        var response = post(batch(20, ""), "application/json", acceptEncoding);
        byte[] bytes = response.body().readAllBytes();

        assertThat(response.headers().firstValue("Content-Encoding")).hasValue("gzip");
        assertThat(response.headers().allValues("Vary")).contains("Accept-Encoding");
        assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(bytes.length);
        String document = unzipped(bytes);
        assertThat(JSON.readTree(document).at("/counts/succeeded").intValue()).isEqualTo(20);
        assertThat(bytes.length).isLessThan(document.length() / 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"identity", "br", "gzip;q=0", "*, gzip;q=0", "gzip;q=x", "*;q=0.0", ""})
    void aDocumentIsPlainForAClientThatDoesNot(String acceptEncoding) throws Exception {
        var response = post(batch(20, ""), "application/json", acceptEncoding);

        assertThat(response.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(JSON.readTree(response.body()).at("/counts/succeeded").intValue())
                .isEqualTo(20);
    }

    @Test
    void aShortDocumentIsPlain() throws Exception {
        var response = post(batch(1, ""), "application/json", "gzip");

        assertThat(response.headers().firstValue("Content-Encoding")).isEmpty();
    }

    @Test
    void aBatchThatHasFailedIsCompressedToo() throws Exception {
        var calls = batch(20, "\"onFailure\": \"fail\",").replaceFirst("/ok", "/status/503");
        var response = post(calls, "application/json", "gzip");

        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(JSON.readTree(unzipped(response.body().readAllBytes()))
                        .at("/batch/outcome")
                        .asString())
                .isEqualTo("failed");
    }

    @ParameterizedTest
    @EnumSource(
            value = Media.class,
            names = {"SSE", "NDJSON"})
    void aStreamIsWhatItIsWithout(Media media) throws Exception {
        var response = post(batch(3, ""), media.type(), "gzip");

        assertThat(response.headers().firstValue("Content-Encoding")).hasValue("gzip");
        assertThat(EventStream.of(media, unzipped(response.body().readAllBytes()))
                        .remaining())
                .extracting(EventStream.Event::kind)
                .containsExactly("result", "result", "result", "summary");
    }

    /// The second call never ends; the first can be read all the same.
    @ParameterizedTest
    @CsvSource({"text/event-stream, event: result", "application/x-ndjson, '{\"result\"'"})
    void eachEventOfAStreamIsThereAtOnce(String accept, String begin) throws Exception {
        String batch = """
                {"strategy": "as-completed", "requests": [
                  {"service": "up", "path": "/ok"}, {"service": "up", "path": "/black-hole"}]}""";
        var response = post(batch, accept, "gzip");

        // Not by a reader: it goes on as long as it is told that there is more, as an inflater always does.
        try (var events = new GZIPInputStream(response.body())) {
            long start = System.nanoTime();
            byte[] first = new byte[8_192];
            int length = events.read(first);
            assertThat(new String(first, 0, length, UTF_8)).startsWith(begin).endsWith("\n");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
        }
    }
}
