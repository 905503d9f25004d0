package dev.muster.auth;

import dev.muster.admission.CallersProperties;
import dev.muster.plan.NanoClock;
import dev.muster.service.ServiceCatalogue;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.web.server.ManagementServerProperties;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.jwt.ReactiveJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.ReactiveJwtAuthenticationConverter;

/// Takes the way in which callers are told.
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
        return switch (AuthRules.mode(auth.mode(), server.getAddress())) {
            case NONE -> null;
            case API_KEY -> CallerAuthentication.byApiKey(new ApiKeys(auth.apiKeys()));
            case JWT ->
                CallerAuthentication.byToken(
                        decoder.getObject(),
                        tokens.getIfAvailable(ReactiveJwtAuthenticationConverter::new),
                        auth.jwt().scope());
        };
    }

    @Bean
    Permissions permissions(CallersProperties callers, ServiceCatalogue services) {
        return new Permissions(callers, services);
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
            ObjectProvider<ManagementServerProperties> management,
            ObjectProvider<CallerAuthentication> authentication) {
        // There are none where management has no port of its own.
        ManagementServerProperties own = management.getIfAvailable();
        boolean named = !auth.allowedHosts().isEmpty();
        boolean nobodyIsAsked = authentication.getIfAvailable() == null;
        return new HostCheck(
                new AllowedHosts(auth.allowedHosts()),
                named || (nobodyIsAsked && isLoopback(server.getAddress())),
                own != null && isLoopback(own.getAddress()));
    }

    private static boolean isLoopback(@Nullable InetAddress address) {
        return address != null && address.isLoopbackAddress();
    }
}
