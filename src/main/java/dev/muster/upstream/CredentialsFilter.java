package dev.muster.upstream;

import dev.muster.service.Service;
import dev.muster.url.HttpUrl;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;

/// Shows a service who is calling: with a header, or with an access token, which is renewed once when the service does
/// not take it.
///
/// To the origins of the service's base URLs only, and not where a redirect to another origin has led. It is the
/// innermost filter, so that no other sees what it adds.
public final class CredentialsFilter implements ExchangeFilterFunction {

    private final Set<String> origins;
    private final ExchangeFilterFunction shows;

    private CredentialsFilter(Service service, ExchangeFilterFunction shows) {
        this.origins =
                service.location().baseUrls().stream().map(HttpUrl::origin).collect(Collectors.toSet());
        this.shows = shows;
    }

    /// One that shows a header.
    public static CredentialsFilter ofHeader(Service service, String name, String value) {
        return new CredentialsFilter(service, (request, exchange) -> exchange.exchange(with(request, name, value)));
    }

    /// One that shows an access token.
    public static CredentialsFilter ofToken(Service service, AccessTokens tokens) {
        return new CredentialsFilter(
                service,
                (request, exchange) -> tokens.current()
                        .flatMap(token -> exchange.exchange(with(request, token))
                                .flatMap(response -> response.statusCode().value() == HttpStatus.UNAUTHORIZED.value()
                                        ? again(request, exchange, tokens, token)
                                                .defaultIfEmpty(response)
                                        : Mono.just(response))));
    }

    @Override
    public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction exchange) {
        boolean trusted =
                !OutboundCall.of(request).request().strayed() && origins.contains(HttpUrl.origin(request.url()));
        return trusted ? shows.filter(request, exchange) : exchange.exchange(request);
    }

    /// Empty if there is no other token to be had: then the refusal stays.
    private static Mono<ClientResponse> again(
            ClientRequest request, ExchangeFunction exchange, AccessTokens tokens, AccessTokens.Token refused) {
        OutboundCall call = OutboundCall.of(request);
        return tokens.renewed(refused)
                .onErrorComplete(FilterException.class)
                .flatMap(token -> call.again(() -> {
                    call.attempt().repeated();
                    return exchange.exchange(with(request, token));
                }));
    }

    private static ClientRequest with(ClientRequest request, AccessTokens.Token token) {
        return with(request, HttpHeaders.AUTHORIZATION, "Bearer " + token.value());
    }

    private static ClientRequest with(ClientRequest request, String name, String value) {
        return ClientRequest.from(request)
                .headers(headers -> headers.set(name, value))
                .build();
    }
}
