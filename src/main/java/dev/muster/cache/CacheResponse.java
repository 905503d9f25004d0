package dev.muster.cache;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A whole response.
///
/// @param headers by lower-cased name
/// @param body    the whole body; shared by everyone who has it, and not to be changed
public record CacheResponse(int status, Map<String, List<String>> headers, byte[] body) {

    List<String> values(String name) {
        return headers.getOrDefault(name, List.of());
    }

    @Nullable
    String first(String name) {
        List<String> values = values(name);
        return values.isEmpty() ? null : values.getFirst();
    }

    /// The members of a list-based field, over all of its lines.
    List<String> members(String name) {
        return values(name).stream()
                .flatMap(line -> List.of(line.split(",")).stream())
                .map(member -> member.strip().toLowerCase(Locale.ROOT))
                .filter(member -> !member.isEmpty())
                .toList();
    }

    /// Its directives. `Pragma` has no meaning in a response (RFC 9111, section 5.4).
    CacheControl cacheControl() {
        return CacheControl.parse(values("cache-control"));
    }

    CacheResponse withHeaders(Map<String, List<String>> others) {
        return new CacheResponse(status, Collections.unmodifiableMap(others), body);
    }

    /// This response as it is served at that age (RFC 9111, section 5.1).
    CacheResponse aged(Duration age) {
        Map<String, List<String>> served = new LinkedHashMap<>(headers);
        served.put("age", List.of(Long.toString(Math.max(0, age.toSeconds()))));
        return withHeaders(served);
    }
}
