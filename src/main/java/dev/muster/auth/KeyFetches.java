package dev.muster.auth;

import dev.muster.plan.NanoClock;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.boot.security.oauth2.server.resource.autoconfigure.reactive.JwkSetUriReactiveJwtDecoderBuilderCustomizer;
import org.springframework.http.MediaType;
import org.springframework.security.oauth2.jwt.NimbusReactiveJwtDecoder.JwkSetUriReactiveJwtDecoderBuilder;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;

/// Asks an issuer for its keys once in an interval, whatever number of tokens name a key that is not among them.
///
/// Spring Security asks for every such token, and anybody can make one up. What it gets within the interval is what
/// was got before, so that a key that is new is found by its end. One that failed is repeated sooner: until the first
/// has come, nobody can be let in.
final class KeyFetches implements JwkSetUriReactiveJwtDecoderBuilderCustomizer {

    private static final Duration FAILED_INTERVAL = Duration.ofSeconds(1);

    private final Duration interval;
    private final Duration patience;
    private final NanoClock clock;

    /// By address: an issuer is also asked where its keys are. There are as many as are configured.
    private final Map<URI, Fetch> fetches = new ConcurrentHashMap<>();

    /// @param patience how long an answer is waited for
    KeyFetches(Duration interval, Duration patience, NanoClock clock) {
        this.interval = interval;
        this.patience = patience;
        this.clock = clock;
    }

    /// An answer that has come, or will; however many wait for it, and whether the first of them still does or not.
    private record Fetch(long startedNanos, Mono<Answer> answer) {

        boolean isOf(Duration interval, long nanos) {
            return nanos - startedNanos < interval.toNanos();
        }
    }

    private record Answer(ClientResponse response, String body) {

        boolean isSuccess() {
            return response.statusCode().is2xxSuccessful();
        }

        ClientResponse again() {
            return ClientResponse.create(response.statusCode())
                    .headers(headers -> response.headers()
                            .contentType()
                            .ifPresentOrElse(
                                    headers::setContentType, () -> headers.setContentType(MediaType.APPLICATION_JSON)))
                    .body(body)
                    .build();
        }
    }

    @Override
    public void customize(JwkSetUriReactiveJwtDecoderBuilder decoder) {
        decoder.webClient(WebClient.builder().filter(this::fetchOnce).build());
    }

    private Mono<ClientResponse> fetchOnce(ClientRequest request, ExchangeFunction exchange) {
        return Mono.defer(() -> fetch(request, exchange).answer()).map(Answer::again);
    }

    private Fetch fetch(ClientRequest request, ExchangeFunction exchange) {
        long now = clock.nanos();
        return fetches.compute(
                request.url(),
                (_, last) -> last != null && last.isOf(interval, now) ? last : start(now, request, exchange));
    }

    private Fetch start(long now, ClientRequest request, ExchangeFunction exchange) {
        Mono<Answer> answer = exchange.exchange(request)
                .flatMap(response ->
                        response.bodyToMono(String.class).defaultIfEmpty("").map(body -> new Answer(response, body)))
                .timeout(patience)
                .doOnNext(got -> {
                    if (!got.isSuccess()) {
                        repeatSoon(request.url(), now);
                    }
                })
                .doOnError(_ -> repeatSoon(request.url(), now))
                .cache();
        return new Fetch(now, answer);
    }

    /// Has the fetch of `startedNanos` count as one that began so much earlier that the next may begin soon.
    private void repeatSoon(URI url, long startedNanos) {
        long soon = clock.nanos() - Math.max(0, interval.minus(FAILED_INTERVAL).toNanos());
        fetches.computeIfPresent(
                url, (_, last) -> last.startedNanos() == startedNanos ? new Fetch(soon, last.answer()) : last);
    }
}
