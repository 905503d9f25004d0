package dev.muster;

import dev.muster.service.Credentials;
import dev.muster.service.Service;
import java.net.URI;
import java.util.Collection;
import java.util.Objects;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.security.oauth2.client.registration.ClientRegistration;
import org.springframework.security.oauth2.client.registration.ReactiveClientRegistrationRepository;

/// Where the access tokens of services come from.
final class TokenEndpoints {

    private final ObjectProvider<ReactiveClientRegistrationRepository> registrations;

    /// @param registrations there are none where none is configured
    TokenEndpoints(ObjectProvider<ReactiveClientRegistrationRepository> registrations) {
        this.registrations = registrations;
    }

    /// The URLs that tokens for `services` are fetched from.
    Stream<URI> of(Collection<Service> services) {
        return services.stream()
                .map(service -> service.location().credentials())
                .filter(credentials -> credentials != null && credentials.oauth2() != null)
                .map(Credentials::oauth2)
                .distinct()
                .map(name -> URI.create(registration(name).getProviderDetails().getTokenUri()));
    }

    /// The registration of that name, which must be configured.
    ClientRegistration registration(String name) {
        return Objects.requireNonNull(
                registrations.getObject().findByRegistrationId(name).block(), "the registration is configured");
    }
}
