package dev.muster.acceptance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A client of batches that outlive their request. Every request is bounded, so that a test can fail but never hang.
///
/// @param credentials names and values of the headers that each request has, in turn
record DetachedClient(int port, List<String> credentials) {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final JsonMapper MAPPER = new JsonMapper();

    /// An answer that is a document, or has no body.
    record Answer(HttpResponse<String> response) {

        int status() {
            return response.statusCode();
        }

        JsonNode json() {
            return MAPPER.readTree(response.body());
        }

        String header(String name) {
            return response.headers().firstValue(name).orElse("absent");
        }

        String id() {
            return json().path("id").asString();
        }

        String outcome() {
            return json().path("outcome").asString();
        }

        /// The ids of its results, in the order given.
        List<String> results() {
            return json().path("results")
                    .valueStream()
                    .map(result -> result.path("id").asString())
                    .toList();
        }

        @Override
        public String toString() {
            return status() + " " + response.headers().map() + " " + response.body();
        }
    }

    static DetachedClient of(int port, String... credentials) {
        return new DetachedClient(port, List.of(credentials));
    }

    /// Posts a batch that is not to be waited for.
    Answer detach(Batch batch, String... headers) {
        return post(batch, with(headers, "Prefer", "respond-async"));
    }

    Answer post(Batch batch, String... headers) {
        return send(
                "POST",
                "/batches",
                BodyPublishers.ofString(batch.json()),
                with(headers, "Content-Type", "application/json"));
    }

    Answer get(String path, String... headers) {
        return send("GET", path, BodyPublishers.noBody(), headers);
    }

    Answer delete(String path, String... headers) {
        return send("DELETE", path, BodyPublishers.noBody(), headers);
    }

    /// Waits for the end of a batch.
    Answer ended(String id) {
        return get("/batches/" + id, "Prefer", "wait=20");
    }

    /// Follows a batch. Closing what it returns is a client that goes away.
    EventStream follow(String path, Media media, String... headers) {
        HttpResponse<InputStream> response = exchange(
                request("GET", path, BodyPublishers.noBody(), with(headers, "Accept", media.type())),
                BodyHandlers.ofInputStream());
        if (response.statusCode() != 200) {
            throw new IllegalStateException("not followed: " + response);
        }
        return new EventStream(media, response::body, () -> {
            try {
                response.body().close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static String[] with(String[] headers, String name, String value) {
        String[] more = Arrays.copyOf(headers, headers.length + 2);
        more[headers.length] = name;
        more[headers.length + 1] = value;
        return more;
    }

    private Answer send(String method, String path, HttpRequest.BodyPublisher body, String... headers) {
        return new Answer(exchange(request(method, path, body, headers), BodyHandlers.ofString()));
    }

    private HttpRequest request(String method, String path, HttpRequest.BodyPublisher body, String... headers) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .timeout(PATIENCE)
                .method(method, body);
        for (int i = 0; i < credentials.size(); i += 2) {
            request.header(credentials.get(i), credentials.get(i + 1));
        }
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request.build();
    }

    private static <T> HttpResponse<T> exchange(HttpRequest request, HttpResponse.BodyHandler<T> handler) {
        try {
            return HTTP.send(request, handler);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for Muster", e);
        }
    }
}
