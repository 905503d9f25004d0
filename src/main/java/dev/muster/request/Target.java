package dev.muster.request;

import java.net.URI;

/// Where a call goes, as the client named it.
public sealed interface Target {

    /// An absolute `http` or `https` URL with a host and without user information.
    ///
    /// @param text the URL as the client wrote it
    /// @param uri  the same, parsed
    record Url(String text, URI uri) implements Target {}

    /// A path below a configured service's base URL.
    ///
    /// @param service the service's name; it is configured and has a base URL
    /// @param path    path and query, beginning with `/`, without dot segments
    record ServicePath(String service, String path) implements Target {}
}
