package dev.muster.auth;

import dev.muster.plan.NanoClock;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.ReactiveJwtAuthenticationConverter;

/// Takes the way in which callers are told, or refuses to start.
@Configuration(proxyBeanMethods = false)
class AuthConfiguration {

    /// How callers are told, or `null` if they are not.
    @Bean
    @Nullable
    CallerAuthentication callerAuthentication(
            AuthProperties auth,
            ServerProperties server,
            ObjectProvider<ReactiveJwtDecoder> decoder,
            ObjectProvider<ReactiveJwtAuthenticationConverter> tokens) {
        AuthMode mode = mode(auth.mode(), server.getAddress());
        if (mode != AuthMode.API_KEY && !auth.apiKeys().isEmpty()) {
            throw new AuthConfigurationException(
                    "muster.auth.api-keys is set, but muster.auth.mode is not api-key: nobody would be asked for a key.",
                    "Set muster.auth.mode to api-key, or remove the keys.");
        }
        return switch (mode) {
            case NONE -> null;
            case API_KEY -> CallerAuthentication.byApiKey(new ApiKeys(auth.apiKeys()));
            case JWT ->
                CallerAuthentication.byToken(
                        required(decoder.getIfAvailable()),
                        tokens.getIfAvailable(ReactiveJwtAuthenticationConverter::new),
                        auth.jwt().scope());
        };
    }

    /// Spring Boot has every decoder that fetches keys customized by it.
    @Bean
    KeyFetches keyFetches(AuthProperties auth, NanoClock clock) {
        return new KeyFetches(auth.jwt().keyRefreshInterval(), CallerAuthentication.PATIENCE, clock);
    }

    /// Who is asked for credentials, and who cannot come but from this machine, may be addressed by any name.
    @Bean
    HostCheck hostCheck(
            AuthProperties auth,
            ServerProperties server,
            ManagementServerProperties management,
            ObjectProvider<CallerAuthentication> authentication) {
        boolean named = !auth.allowedHosts().isEmpty();
        boolean nobodyIsAsked = authentication.getIfAvailable() == null;
        return new HostCheck(
                new AllowedHosts(auth.allowedHosts()),
                named || (nobodyIsAsked && isLoopback(server.getAddress())),
                isLoopback(management.getAddress()));
    }

    private static boolean isLoopback(@Nullable InetAddress address) {
        return address != null && address.isLoopbackAddress();
    }

    /// What is not said is no choice, unless nobody but this machine can come.
    private static AuthMode mode(@Nullable AuthMode chosen, @Nullable InetAddress address) {
        if (chosen != null) {
            return chosen;
        }
        if (isLoopback(address)) {
            return AuthMode.NONE;
        }
        throw new AuthConfigurationException(
                "Other machines could reach Muster (server.address is %s), and muster.auth.mode does not say who may call."
                        .formatted(address == null ? "empty: all interfaces" : address.getHostAddress()),
                "Set muster.auth.mode to api-key or jwt; to none if whoever can connect may call; or server.address to"
                        + " 127.0.0.1.");
    }

    private static ReactiveJwtDecoder required(@Nullable ReactiveJwtDecoder decoder) {
        if (decoder == null) {
            throw new AuthConfigurationException(
                    "muster.auth.mode is jwt, but nothing says whose tokens are valid.",
                    "Set spring.security.oauth2.resourceserver.jwt.issuer-uri or .jwk-set-uri, and .audiences.");
        }
        return decoder;
    }
}
