package dev.muster.auth;

import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.web.server.authentication.ServerBearerTokenAuthenticationConverter;
import org.springframework.security.web.server.authentication.ServerAuthenticationConverter;
import org.springframework.web.server.ServerWebExchange;
import reactor.core.publisher.Mono;

/// Finds the key of a request: a bearer token, as every HTTP client knows it, or `X-API-Key`, for those whose
/// `Authorization` is somebody else's.
final class ApiKeyConverter implements ServerAuthenticationConverter {

    private static final String API_KEY = "X-API-Key";

    private final ServerAuthenticationConverter bearer = new ServerBearerTokenAuthenticationConverter();

    @Override
    public Mono<Authentication> convert(ServerWebExchange exchange) {
        HttpHeaders headers = exchange.getRequest().getHeaders();
        List<String> keys = headers.getOrEmpty(API_KEY);
        Mono<Authentication> token = bearer.convert(exchange);
        if (keys.isEmpty()) {
            return token;
        }
        return token.<Authentication>flatMap(_ -> Mono.error(ambiguous()))
                .switchIfEmpty(Mono.defer(() -> keys.size() > 1 ? Mono.error(ambiguous()) : only(keys.getFirst())));
    }

    private static Mono<Authentication> only(String key) {
        return key.isBlank()
                ? Mono.error(new BadCredentialsException("the key is empty"))
                : Mono.just(new BearerTokenAuthenticationToken(key));
    }

    private static BadCredentialsException ambiguous() {
        return new BadCredentialsException("more than one key was given");
    }
}
