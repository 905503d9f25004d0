package dev.muster.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/// Whoever sends batches, where wrk does not: over HTTP/1.1 with keep-alive.
final class Client implements AutoCloseable {

    static final String JSON = "application/json";
    static final String NDJSON = "application/x-ndjson";
    static final String EVENTS = "text/event-stream";

    private final ConnectionProvider connections;
    private final HttpClient http;

    /// @param connections most connections at a time; further requests wait
    Client(int connections) {
        this.connections = ConnectionProvider.builder("bench")
                .maxConnections(connections)
                .pendingAcquireMaxCount(-1)
                .pendingAcquireTimeout(Duration.ofMinutes(2))
                .build();
        this.http = HttpClient.create(this.connections).disableRetry(true);
    }

    record Answer(int status, HttpHeaders headers, byte[] body) {}

    /// Posts `document` and reads the answer whole.
    Mono<Answer> post(URI target, byte[] document) {
        return request(target, document, JSON)
                .responseSingle((response, body) -> body.asByteArray()
                        .defaultIfEmpty(new byte[0])
                        .map(bytes -> new Answer(response.status().code(), response.responseHeaders(), bytes)));
    }

    /// Posts `document` and reads the answer as it comes. Each buffer is released once it was handed on.
    Flux<ByteBuf> stream(URI target, byte[] document, String accepted) {
        return request(target, document, accepted).responseContent();
    }

    private HttpClient.ResponseReceiver<?> request(URI target, byte[] document, String accepted) {
        return http.headers(headers -> headers.set("Content-Type", JSON)
                        .set("Accept", accepted)
                        .set("Content-Length", document.length))
                .post()
                .uri(target)
                .send(Mono.fromSupplier(() -> Unpooled.wrappedBuffer(document)));
    }

    @Override
    public void close() {
        connections.dispose();
    }
}
