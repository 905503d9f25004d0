package dev.muster.upstream;

import dev.muster.outcome.UpstreamResponse;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpRequest;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ResponseEntity;
import org.springframework.http.client.reactive.ClientHttpResponse;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.function.BodyExtractor;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// A response with its whole body, whose connection is free: a filter may take its time with it.
///
/// Where no filter asks for more than status and body, as where there is none, nothing else is made of it.
final class CollectedResponse implements ClientResponse {

    private final UpstreamResponse received;
    private final ClientRequest sent;
    private @Nullable ClientResponse decoding;

    /// @param sent the request as it left the filters
    CollectedResponse(UpstreamResponse received, ClientRequest sent) {
        this.received = received;
        this.sent = sent;
    }

    UpstreamResponse received() {
        return received;
    }

    /// Spring's own view of it, with its codecs.
    private ClientResponse decoding() {
        if (decoding == null) {
            decoding = ClientResponse.create(statusCode(), Codecs.ALL)
                    .headers(headers -> received.headers().forEach(headers::addAll))
                    .body(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(received.body())))
                    .request(new Sent(sent))
                    .build();
        }
        return decoding;
    }

    private static final class Codecs {
        private static final ExchangeStrategies ALL = ExchangeStrategies.withDefaults();
    }

    private record Sent(ClientRequest request) implements HttpRequest {

        @Override
        public HttpMethod getMethod() {
            return request.method();
        }

        @Override
        public URI getURI() {
            return request.url();
        }

        @Override
        public Map<String, Object> getAttributes() {
            return request.attributes();
        }

        @Override
        public HttpHeaders getHeaders() {
            return request.headers();
        }
    }

    @Override
    public HttpStatusCode statusCode() {
        return HttpStatusCode.valueOf(received.status());
    }

    @Override
    public Headers headers() {
        return decoding().headers();
    }

    @Override
    public MultiValueMap<String, ResponseCookie> cookies() {
        return decoding().cookies();
    }

    @Override
    public ExchangeStrategies strategies() {
        return Codecs.ALL;
    }

    @Override
    public HttpRequest request() {
        return decoding().request();
    }

    @Override
    public <T> T body(BodyExtractor<T, ? super ClientHttpResponse> extractor) {
        return decoding().body(extractor);
    }

    @Override
    public <T> Mono<T> bodyToMono(Class<? extends T> elementClass) {
        return decoding().bodyToMono(elementClass);
    }

    @Override
    public <T> Mono<T> bodyToMono(ParameterizedTypeReference<T> elementType) {
        return decoding().bodyToMono(elementType);
    }

    @Override
    public <T> Flux<T> bodyToFlux(Class<? extends T> elementClass) {
        return decoding().bodyToFlux(elementClass);
    }

    @Override
    public <T> Flux<T> bodyToFlux(ParameterizedTypeReference<T> elementType) {
        return decoding().bodyToFlux(elementType);
    }

    /// There is nothing to be released.
    @Override
    public Mono<Void> releaseBody() {
        return Mono.empty();
    }

    @Override
    public <T> Mono<ResponseEntity<T>> toEntity(Class<T> bodyClass) {
        return decoding().toEntity(bodyClass);
    }

    @Override
    public <T> Mono<ResponseEntity<T>> toEntity(ParameterizedTypeReference<T> bodyType) {
        return decoding().toEntity(bodyType);
    }

    @Override
    public <T> Mono<ResponseEntity<List<T>>> toEntityList(Class<T> elementClass) {
        return decoding().toEntityList(elementClass);
    }

    @Override
    public <T> Mono<ResponseEntity<List<T>>> toEntityList(ParameterizedTypeReference<T> elementType) {
        return decoding().toEntityList(elementType);
    }

    @Override
    public Mono<ResponseEntity<Void>> toBodilessEntity() {
        return decoding().toBodilessEntity();
    }

    @Override
    public Mono<WebClientResponseException> createException() {
        return decoding().createException();
    }

    @Override
    public <T> Mono<T> createError() {
        return decoding().createError();
    }

    @Override
    public String logPrefix() {
        return sent.logPrefix();
    }
}
