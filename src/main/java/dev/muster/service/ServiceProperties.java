package dev.muster.service;

import jakarta.validation.Valid;
import java.net.URI;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/// One entry of `muster.services`. What an entry leaves out, it takes from the entry `default`; what that leaves out is
/// the value named at the property.
///
/// The groups have no name of their own: Spring Boot binds each to the entry itself, so that all properties of an entry
/// stand side by side.
public record ServiceProperties(
        @DefaultValue @Name("") LocationProperties location,
        @DefaultValue @Name("") @Valid CallProperties calls,
        @DefaultValue @Name("") @Valid ConnectionProperties connections,
        @DefaultValue @Name("") @Valid PoolProperties pool,
        @DefaultValue @Name("") @Valid HostProperties hosts,
        @DefaultValue @Name("") @Valid ResilienceProperties resilience,
        @DefaultValue @Name("") @Valid ReuseProperties reuse) {

    /// An entry that says where the service is, and nothing else.
    public static ServiceProperties at(URI baseUrl) {
        return new ServiceProperties(
                new LocationProperties(baseUrl, null, null, null),
                new CallProperties(null, null, null, null, null),
                new ConnectionProperties(null, null, null),
                new PoolProperties(null, null, null, null, null),
                new HostProperties(null, null),
                new ResilienceProperties(null, null, null, null, null),
                new ReuseProperties(null, null));
    }

    /// The service called `name` that this describes.
    ///
    /// @param other has what this leaves out, but for where it is
    Service orElse(String name, Service other) {
        return new Service(
                name,
                location.location(),
                calls.orElse(other.calls()),
                connections.orElse(other.connections()),
                pool.orElse(other.pool()),
                hosts.orElse(other.hosts()),
                resilience.orElse(other.resilience()),
                reuse.orElse(other.reuse()));
    }
}
