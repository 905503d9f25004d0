package dev.muster.plan;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/// Where a call goes.
///
/// @param url  the URL as the caller may see it again
/// @param path its path and query under any of the service's base URLs, of which `uri` has the first; `null` for a
///             call by plain URL
public record Destination(String url, URI uri, @Nullable String path) {}
