package dev.muster.cache;

import dev.muster.url.HttpUrl;
import java.net.URI;

/// A URI as a cache key: one text for the spellings that RFC 9110, section 4.2.3, calls the same. Escapes in a path are
/// left alone; two spellings there are two keys.
///
/// @param origin scheme, host and port
/// @param path   path and query; a fragment never gets to a server
record TargetUri(String origin, String path) {

    static TargetUri of(URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new TargetUri(HttpUrl.origin(uri), path + query);
    }
}
