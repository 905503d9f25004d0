package dev.muster.cache;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A request, as far as a cache has to know it.
///
/// @param uri        absolute, with a host
/// @param headers    those the caller gave, by lower-cased name. What Muster adds is left out: it is the same for
///                   every caller, or changes with every call
/// @param hasContent whether it has a body, which no cache key covers
/// @param principal  who makes the call, or `null` where nobody is asked
public record CacheRequest(
        String method,
        URI uri,
        Map<String, List<String>> headers,
        boolean hasContent,
        @Nullable String principal) {

    /// Whether a stored response may stand for the answer to this request: not to a part of a resource, nor to what
    /// its body asks.
    boolean isCacheable() {
        return method.equals("GET") && !hasContent && !headers.containsKey("range");
    }

    /// Whether its answer may be stored, as far as the request says (RFC 9111, section 5.2.1.5).
    boolean permitsStoring() {
        return isCacheable() && !cacheControl().has("no-store");
    }

    /// Whether the caller validates a response of its own. Only the upstream can answer that.
    boolean isConditional() {
        return headers.keySet().stream().anyMatch(name -> name.startsWith("if-"));
    }

    /// Whether the answer is for one known user, so that keeping it is the business of a private cache.
    boolean namesItsUser() {
        return principal != null || headers.containsKey("authorization");
    }

    /// Its directives. `Pragma: no-cache` counts where there is no `Cache-Control`: RFC 9111, section 5.4,
    /// deprecates it, but to honour it costs a validation at most.
    CacheControl cacheControl() {
        List<String> lines = headers.getOrDefault("cache-control", List.of());
        return CacheControl.parse(lines.isEmpty() ? headers.getOrDefault("pragma", List.of()) : lines);
    }
}
