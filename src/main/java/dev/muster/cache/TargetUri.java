package dev.muster.cache;

import java.net.URI;
import java.util.Locale;

/// A URI as a cache key: one text for the spellings that RFC 9110, section 4.2.3, calls the same. Escapes in a path are
/// left alone; two spellings there are two keys.
///
/// @param origin scheme, host and port
/// @param path   path and query; a fragment never gets to a server
record TargetUri(String origin, String path) {

    static TargetUri of(URI uri) {
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
        // A URI without a host has an authority that only its scheme can read: it stays as it is.
        String host = String.valueOf(uri.getHost() == null ? uri.getRawAuthority() : uri.getHost());
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new TargetUri(scheme + "://" + host.toLowerCase(Locale.ROOT) + ":" + port, path + query);
    }
}
