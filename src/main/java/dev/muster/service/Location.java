package dev.muster.service;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a service is.
///
/// @param baseUrls    absolute `http` or `https` URLs without a trailing `/`; none where the service has none, as
///                    `default` usually has
/// @param hosts       hosts of plain URLs that belong to this service: exact names, or `*.suffix`
/// @param credentials what it is shown to let Muster in, or `null` for nothing
public record Location(
        List<URI> baseUrls, List<String> hosts, @Nullable Credentials credentials) {

    /// The first of the base URLs, which also stands for all of them; `null` where there is none.
    public @Nullable URI baseUrl() {
        return baseUrls.isEmpty() ? null : baseUrls.getFirst();
    }
}
