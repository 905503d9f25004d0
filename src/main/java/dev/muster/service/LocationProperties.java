package dev.muster.service;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where a service is. No entry takes this from `default`.
///
/// @param baseUrl     where `service` + `path` calls go, for example `http://pricing:8080`
/// @param baseUrls    instead of `baseUrl`: several URLs of one service, balanced by calls in flight
/// @param hosts       hosts of plain URLs that belong to this service: exact names, or `*.suffix`
/// @param credentials what the service is shown to let Muster in: nothing
public record LocationProperties(
        @Nullable URI baseUrl,
        @Nullable List<URI> baseUrls,
        @Nullable List<String> hosts,
        @Nullable Credentials credentials) {

    Location location() {
        return new Location(urls(), hosts == null ? List.of() : List.copyOf(hosts), credentials);
    }

    private List<URI> urls() {
        if (baseUrl != null) {
            return List.of(withoutSlash(baseUrl));
        }
        return baseUrls == null
                ? List.of()
                : baseUrls.stream().map(LocationProperties::withoutSlash).toList();
    }

    static URI withoutSlash(URI given) {
        String text = given.toString();
        return text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : given;
    }
}
