package dev.muster.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A client of `POST /batches`. Every request is bounded, so that a test can fail but never hang.
final class MusterClient {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final JsonMapper MAPPER = new JsonMapper();

    private final URI batches;

    MusterClient(int port) {
        batches = URI.create("http://127.0.0.1:" + port + "/batches");
    }

    /// Posts a batch and reads the whole answer.
    ///
    /// @param headers names and values in turn
    Reply post(Batch batch, Media media, String... headers) {
        var start = System.nanoTime();
        var response = send(request(batch.json(), media.type(), headers), BodyHandlers.ofString());
        var took = Duration.ofNanos(System.nanoTime() - start);
        var streamed = media.streams() && response.statusCode() == 200;
        return streamed ? ofStream(media, response, took) : ofDocument(media, response, took);
    }

    Reply post(Batch batch) {
        return post(batch, Media.JSON);
    }

    /// Posts anything at all, as JSON unless the headers say otherwise, and reads the whole answer.
    ///
    /// @param headers names and values in turn
    HttpResponse<String> post(String body, String... headers) {
        return send(request(body, Media.JSON.type(), headers), BodyHandlers.ofString());
    }

    /// Posts a batch and waits for nothing. Closing what it returns is a client that goes away.
    EventStream open(Batch batch, Media media) {
        var response = HTTP.sendAsync(request(batch.json(), media.type()), BodyHandlers.ofInputStream());
        return new EventStream(media, () -> response.join().body(), () -> leave(response));
    }

    private static void leave(CompletableFuture<HttpResponse<InputStream>> response) {
        if (!response.cancel(true)) {
            try {
                response.join().body().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private HttpRequest request(String body, String accept, String... headers) {
        var request = HttpRequest.newBuilder(batches)
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .header("Accept", accept)
                .POST(HttpRequest.BodyPublishers.ofString(body));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return request.build();
    }

    private static <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler) {
        try {
            return HTTP.send(request, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for Muster", e);
        }
    }

    private static Reply ofDocument(Media media, HttpResponse<String> response, Duration took) {
        var document = MAPPER.readTree(response.body());
        var batch = document.has("batch") ? document.path("batch") : document;
        return new Reply(
                media,
                response.statusCode(),
                response.headers(),
                response.body(),
                batch,
                batch.path("results").valueStream().toList(),
                took);
    }

    private static Reply ofStream(Media media, HttpResponse<String> response, Duration took) {
        var events = EventStream.of(media, response.body()).remaining().stream()
                .collect(Collectors.groupingBy(
                        EventStream.Event::kind, Collectors.mapping(EventStream.Event::data, Collectors.toList())));
        var summaries = events.getOrDefault("summary", List.<JsonNode>of());
        return new Reply(
                media,
                response.statusCode(),
                response.headers(),
                response.body(),
                summaries.isEmpty() ? MAPPER.createObjectNode() : summaries.getFirst(),
                events.getOrDefault("result", List.of()),
                took);
    }
}
