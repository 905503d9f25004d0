package dev.muster.auth;

import dev.muster.plan.BatchPlan;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.convert.converter.Converter;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.authentication.BadCredentialsException;
import org.springframework.security.authentication.ReactiveAuthenticationManager;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.BearerTokenAuthenticationToken;
import org.springframework.security.oauth2.server.resource.authentication.JwtReactiveAuthenticationManager;
import org.springframework.security.oauth2.server.resource.web.server.authentication.ServerBearerTokenAuthenticationConverter;
import org.springframework.security.web.server.authentication.ServerAuthenticationConverter;
import reactor.core.publisher.Mono;

/// How a caller is told: where in a request its credentials are, whose they are, and what else they must say.
///
/// @param credentials finds them; empty if there are none
/// @param manager     turns them into an authentication whose name is the principal
/// @param authority   what that must have, or `null` if nothing
public record CallerAuthentication(
        ServerAuthenticationConverter credentials,
        ReactiveAuthenticationManager manager,
        @Nullable String authority) {

    /// An issuer that has not answered by then has failed.
    static final Duration PATIENCE = Duration.ofSeconds(2);

    static CallerAuthentication byApiKey(ApiKeys keys) {
        return new CallerAuthentication(
                new ApiKeyConverter(),
                credentials -> Mono.defer(() -> {
                    String key = ((BearerTokenAuthenticationToken) credentials).getToken();
                    String principal = keys.principalOf(key);
                    return principal == null
                            ? Mono.error(new BadCredentialsException("the key is not known"))
                            : Mono.just(UsernamePasswordAuthenticationToken.authenticated(principal, "", List.of()));
                }),
                null);
    }

    /// @param tokens what a valid token says of its bearer
    /// @param scope  the scope that a token must have, or `null`
    static CallerAuthentication byToken(
            ReactiveJwtDecoder decoder,
            Converter<Jwt, ? extends Mono<? extends AbstractAuthenticationToken>> tokens,
            @Nullable String scope) {
        var manager = new JwtReactiveAuthenticationManager(decoder);
        manager.setJwtAuthenticationConverter(
                token -> token.getExpiresAt() == null ? Mono.error(endless()) : tokens.convert(token));
        return new CallerAuthentication(
                new ServerBearerTokenAuthenticationConverter(),
                token -> manager.authenticate(token)
                        .map(CallerAuthentication::named)
                        .timeout(PATIENCE)
                        .onErrorMap(
                                failure -> !(failure instanceof AuthenticationException),
                                failure -> new AuthenticationServiceException("the issuer does not answer", failure)),
                scope == null ? null : "SCOPE_" + scope);
    }

    /// What never expires can never be withdrawn, either.
    private static BadCredentialsException endless() {
        return new BadCredentialsException("the token does not expire");
    }

    /// A token may be valid and yet not say whose it is.
    private static Authentication named(Authentication token) {
        String name = token.getName();
        if (name == null || name.isBlank() || name.equals(BatchPlan.ANONYMOUS)) {
            throw new BadCredentialsException("the token names no principal");
        }
        return token;
    }
}
