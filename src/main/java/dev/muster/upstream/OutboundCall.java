package dev.muster.upstream;

import dev.muster.outcome.UpstreamResponse;
import dev.muster.request.RequestBody;
import dev.muster.request.RequestMessage;
import dev.muster.url.HttpUrl;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.BodyInserter;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/// What passes the filters of a service with a request, as its body, and what they may make of the request: other
/// headers, another query or path of the same origin, and one exchange at most, so that Muster's own retries,
/// limits and meters know of every request there is.
final class OutboundCall implements BodyInserter<RequestBody, ClientHttpRequest> {

    private final UpstreamRequest request;
    private final ExchangeContext attempt;
    private boolean begun;
    private int paid;
    private @Nullable Throwable failure;

    /// @param attempt follows the exchange through its phases
    OutboundCall(UpstreamRequest request, ExchangeContext attempt) {
        this.request = request;
        this.attempt = attempt;
    }

    /// The one that `sent` was made for.
    ///
    /// @throws FilterException if there is none
    static OutboundCall of(ClientRequest sent) {
        if (sent.body() instanceof OutboundCall call) {
            return call;
        }
        throw new FilterException("changed the body of a request, or sent one of its own");
    }

    UpstreamRequest request() {
        return request;
    }

    ExchangeContext attempt() {
        return attempt;
    }

    /// Gives `spec` its headers, of which most calls have none, and its body.
    WebClient.RequestHeadersSpec<?> describe(WebClient.RequestBodySpec spec) {
        RequestMessage message = request.message();
        if (!message.headers().isEmpty()) {
            spec.headers(headers -> message.headers().forEach(headers::addAll));
        }
        RequestBody body = message.body();
        if (body != null && !message.headers().containsKey(HttpHeaderNames.CONTENT_TYPE.toString())) {
            spec.header(HttpHeaderNames.CONTENT_TYPE.toString(), body.contentType());
        }
        return spec.body(this);
    }

    /// @throws FilterException if `sent` is what a filter may not make of the request
    void begin(ClientRequest sent) {
        if (begun) {
            throw new FilterException("sent a request twice");
        }
        if (!sent.method().name().equals(request.message().method())) {
            throw new FilterException("changed the method of a request");
        }
        if (!sent.url().equals(request.uri()) && !HttpUrl.origin(sent.url()).equals(HttpUrl.origin(request.uri()))) {
            throw new FilterException("sent a request to another origin");
        }
        begun = true;
    }

    /// Makes `exchange` in place of the one before, whose request certainly was not processed, or not let in: once that
    /// one's connection is free.
    <T> Mono<T> again(Supplier<Mono<T>> exchange) {
        return attempt.onceReleased(() -> {
            begun = false;
            attempt.bytes().giveBack(paid);
            paid = 0;
            failure = null;
            attempt.acquiring();
            return exchange.get();
        });
    }

    /// Notes what the batch has paid for the response from the wire.
    void paid(int bytes) {
        paid = bytes;
    }

    /// Notes how the exchange on the wire ended without a response.
    void failed(Throwable ending) {
        failure = ending;
    }

    /// What ended the call, when it passes the outermost filter as `thrown`: that it failed on the wire goes before
    /// what filters made of it.
    Throwable cause(Throwable thrown) {
        Throwable ending = failure;
        if (ending != null) {
            return ending;
        }
        return thrown instanceof FilterException || thrown instanceof ResponseTooLargeException
                ? thrown
                : new FilterException(thrown);
    }

    /// Writes the body to whoever wants to see it; the wire takes it as it is.
    @Override
    public Mono<Void> insert(ClientHttpRequest output, Context context) {
        RequestBody body = request.message().body();
        return body == null
                ? output.setComplete()
                : output.writeWith(Mono.just(DefaultDataBufferFactory.sharedInstance.wrap(body.bytes())));
    }

    /// The response that a filter made.
    Mono<UpstreamResponse> collect(ClientResponse response, int maxBytes) {
        return DataBufferUtils.join(response.body(BodyExtractors.toDataBuffers()), maxBytes)
                .map(OutboundCall::bytes)
                .defaultIfEmpty(new byte[0])
                .map(body -> new UpstreamResponse(
                        response.statusCode().value(),
                        headers(response.headers().asHttpHeaders()),
                        body))
                .doOnNext(made -> attempt.bytes().take(Math.max(0, ResponseBytes.of(made) - paid)))
                .onErrorMap(
                        DataBufferLimitException.class,
                        _ -> new ResponseTooLargeException("the response has more than %d bytes".formatted(maxBytes)));
    }

    private static byte[] bytes(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    /// @throws IllegalArgumentException if a line is none
    private static Map<String, List<String>> headers(HttpHeaders given) {
        var headers = new DefaultHttpHeaders();
        given.forEach(headers::add);
        return HeadersByName.of(headers);
    }
}
