package dev.muster.web;

import dev.muster.auth.CallerAuthentication;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.security.autoconfigure.actuate.web.reactive.EndpointRequest;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.authentication.AuthenticationCredentialsNotFoundException;
import org.springframework.security.authentication.AuthenticationServiceException;
import org.springframework.security.config.web.server.SecurityWebFiltersOrder;
import org.springframework.security.config.web.server.ServerHttpSecurity;
import org.springframework.security.core.AuthenticationException;
import org.springframework.security.web.server.SecurityWebFilterChain;
import org.springframework.security.web.server.WebFilterChainProxy;
import org.springframework.security.web.server.authentication.AuthenticationWebFilter;
import org.springframework.security.web.server.authentication.ServerAuthenticationEntryPointFailureHandler;
import org.springframework.security.web.server.context.NoOpServerSecurityContextRepository;
import org.springframework.security.web.server.util.matcher.NegatedServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.OrServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatcher.MatchResult;
import org.springframework.security.web.server.util.matcher.ServerWebExchangeMatchers;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/// Asks callers who they are.
///
/// Everything is protected but what is listed here, so that a route that is forgotten is a closed one. Open are the
/// console, Swagger UI and the API's document, which hold nothing that is not public, and have to be there before a
/// browser can send a key; and the management port, whose protection is that callers do not reach it. Where management
/// has no port of its own, callers do, and only health is open, which whoever balances load asks without credentials.
@Configuration(proxyBeanMethods = false)
class CallerFilter {

    /// Where Spring Security puts its own.
    private static final int ORDER = -100;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final String CHALLENGE = "Bearer realm=\"muster\"";

    private static final String[] STATIC = {
        "/",
        "/index.html",
        "/favicon.svg",
        "/*.js",
        "/*.css",
        "/swagger-ui.html",
        "/swagger-ui/**",
        "/webjars/**",
        "/v3/api-docs",
        "/v3/api-docs.yaml",
        "/v3/api-docs/**"
    };

    @Bean
    @Order(ORDER)
    WebFilter callers(ObjectProvider<CallerAuthentication> authentication) {
        CallerAuthentication chosen = authentication.getIfAvailable();
        return chosen == null ? (exchange, chain) -> chain.filter(exchange) : new WebFilterChainProxy(chain(chosen));
    }

    private static SecurityWebFilterChain chain(CallerAuthentication authentication) {
        String authority = authentication.authority();
        return ServerHttpSecurity.http()
                .securityMatcher(new NegatedServerWebExchangeMatcher(open()))
                .addFilterAt(filter(authentication), SecurityWebFiltersOrder.AUTHENTICATION)
                .authorizeExchange(exchanges -> {
                    var all = exchanges.anyExchange();
                    if (authority == null) {
                        all.authenticated();
                    } else {
                        all.hasAuthority(authority);
                    }
                })
                .exceptionHandling(refusals -> refusals.authenticationEntryPoint(CallerFilter::refuse)
                        .accessDeniedHandler((exchange, _) -> forbid(exchange)))
                // Every request brings its own credentials: there is no session to keep, nor one to
                // ride on.
                .securityContextRepository(NoOpServerSecurityContextRepository.getInstance())
                .requestCache(ServerHttpSecurity.RequestCacheSpec::disable)
                .csrf(ServerHttpSecurity.CsrfSpec::disable)
                .logout(ServerHttpSecurity.LogoutSpec::disable)
                .headers(ServerHttpSecurity.HeaderSpec::disable)
                .build();
    }

    private static ServerWebExchangeMatcher open() {
        return new OrServerWebExchangeMatcher(
                ServerWebExchangeMatchers.pathMatchers(STATIC),
                exchange -> Ports.isManagement(exchange) ? MatchResult.match() : MatchResult.notMatch(),
                EndpointRequest.to("health"));
    }

    private static AuthenticationWebFilter filter(CallerAuthentication authentication) {
        var failures = new ServerAuthenticationEntryPointFailureHandler(CallerFilter::refuse);
        failures.setRethrowAuthenticationServiceException(false);
        var filter = new AuthenticationWebFilter(authentication.manager());
        filter.setServerAuthenticationConverter(authentication.credentials());
        filter.setAuthenticationFailureHandler(failures);
        return filter;
    }

    private static Mono<Void> refuse(ServerWebExchange exchange, AuthenticationException failure) {
        return switch (failure) {
            case AuthenticationServiceException _ ->
                write(exchange, Problem.authenticationUnavailable(RETRY_AFTER), null);
            case AuthenticationCredentialsNotFoundException _ ->
                write(
                        exchange,
                        Problem.of(
                                HttpStatus.UNAUTHORIZED,
                                "unauthenticated",
                                "Unauthenticated",
                                "credentials are missing"),
                        CHALLENGE);
            default ->
                write(
                        exchange,
                        Problem.of(
                                HttpStatus.UNAUTHORIZED,
                                "unauthenticated",
                                "Unauthenticated",
                                "the credentials are not valid"),
                        CHALLENGE + ", error=\"invalid_token\"");
        };
    }

    private static Mono<Void> forbid(ServerWebExchange exchange) {
        return write(
                exchange,
                Problem.of(
                        HttpStatus.FORBIDDEN, "forbidden", "Forbidden", "the token lacks the scope that callers need"),
                CHALLENGE + ", error=\"insufficient_scope\"");
    }

    private static Mono<Void> write(ServerWebExchange exchange, Problem problem, @Nullable String challenge) {
        if (challenge != null) {
            exchange.getResponse().getHeaders().set(HttpHeaders.WWW_AUTHENTICATE, challenge);
        }
        return ProblemWriter.write(exchange, problem);
    }
}
