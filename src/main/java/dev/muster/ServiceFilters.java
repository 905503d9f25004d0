package dev.muster;

import dev.muster.plan.NanoClock;
import dev.muster.service.Credentials;
import dev.muster.service.Service;
import dev.muster.upstream.AccessTokens;
import dev.muster.upstream.CredentialsFilter;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.security.oauth2.client.endpoint.OAuth2ClientCredentialsGrantRequest;
import org.springframework.security.oauth2.client.endpoint.WebClientReactiveClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;

/// The filters between Muster and each service: the beans that are qualified with its name, in the order that they ask
/// for, then its credentials.
final class ServiceFilters {

    /// How long a token is waited for, whatever calls that wait for it have left.
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final ListableBeanFactory beans;
    private final TokenEndpoints endpoints;
    private final Supplier<WebClient> web;
    private final NanoClock clock;
    private final Map<String, AccessTokens> tokens = new ConcurrentHashMap<>();

    /// @param web makes what asks for tokens
    ServiceFilters(ListableBeanFactory beans, TokenEndpoints endpoints, Supplier<WebClient> web, NanoClock clock) {
        this.beans = beans;
        this.endpoints = endpoints;
        this.web = web;
        this.clock = clock;
    }

    List<ExchangeFilterFunction> of(Service service) {
        Collection<ExchangeFilterFunction> named = BeanFactoryAnnotationUtils.qualifiedBeansOfType(
                        beans, ExchangeFilterFunction.class, service.name())
                .values();
        Stream<ExchangeFilterFunction> qualified = beans.getBeanProvider(ExchangeFilterFunction.class)
                .orderedStream()
                .filter(named::contains);
        return Stream.concat(qualified, Stream.ofNullable(credentials(service))).toList();
    }

    private @Nullable ExchangeFilterFunction credentials(Service service) {
        Credentials credentials = service.location().credentials();
        if (credentials == null) {
            return null;
        }
        String registration = credentials.oauth2();
        return registration == null
                ? CredentialsFilter.ofHeader(
                        service,
                        Objects.requireNonNull(credentials.header()),
                        Objects.requireNonNull(credentials.value()))
                : CredentialsFilter.ofToken(service, tokens.computeIfAbsent(registration, this::tokens));
    }

    /// Services with one registration share its token.
    private AccessTokens tokens(String name) {
        ClientRegistration registration = endpoints.registration(name);
        var client = new WebClientReactiveClientCredentialsTokenResponseClient();
        client.setWebClient(web.get());
        return new AccessTokens(
                () -> client.getTokenResponse(new OAuth2ClientCredentialsGrantRequest(registration))
                        .map(response -> issued(response.getAccessToken())),
                PATIENCE,
                clock);
    }

    /// Its times are by the wall clock; the time between them is not.
    private static AccessTokens.Issued issued(OAuth2AccessToken token) {
        Instant from = Objects.requireNonNull(token.getIssuedAt());
        Instant until = Objects.requireNonNull(token.getExpiresAt());
        return new AccessTokens.Issued(token.getTokenValue(), Duration.between(from, until));
    }
}
