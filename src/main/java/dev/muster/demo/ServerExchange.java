package dev.muster.demo;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/// A request whose body has arrived, and the ways to answer it.
record ServerExchange(
        HttpServerRequest request, HttpServerResponse response, Parameters parameters, Received received) {

    /// Writes record components in the order they are declared in.
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    Publisher<Void> json(Object document) {
        return json(200, document);
    }

    Publisher<Void> json(int status, Object document) {
        response.status(status);
        return whole("application/json", JSON.writeValueAsBytes(document));
    }

    /// An answer that is sent at once, with its length.
    Publisher<Void> whole(String contentType, byte[] body) {
        return response.header(HttpHeaderNames.CONTENT_TYPE, contentType).sendByteArray(Mono.just(body));
    }

    /// Promises a binary answer of `length` bytes.
    HttpServerResponse announced(long length) {
        return octets().header(HttpHeaderNames.CONTENT_LENGTH, Long.toString(length));
    }

    /// Promises a binary answer of any length.
    HttpServerResponse octets() {
        return response.header(HttpHeaderNames.CONTENT_TYPE, HttpHeaderValues.APPLICATION_OCTET_STREAM);
    }

    Publisher<Void> redirect(int status, String location) {
        response.header(HttpHeaderNames.LOCATION, location);
        return json(status, new Redirect(status, location));
    }

    /// Cuts the connection when subscribed to, and never ends: there is no answer to complete.
    Mono<Void> reset() {
        return Mono.defer(() -> {
            response.withConnection(connection -> ClientConnection.reset(connection.channel()));
            return Mono.never();
        });
    }

    private record Redirect(int status, String location) {}
}
