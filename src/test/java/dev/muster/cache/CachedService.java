package dev.muster.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A cache, its clock, and short ways to write requests and responses: headers are `name: value; name: value`.
final class CachedService {

    static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    private Instant now = START;
    final ResponseCache cache;

    CachedService() {
        this(1 << 20);
    }

    CachedService(long maxBytes) {
        this.cache = new ResponseCache(maxBytes, () -> now);
    }

    Instant now() {
        return now;
    }

    void pass(Duration time) {
        now = now.plus(time);
    }

    /// Stores an answer that took no time.
    void store(CacheRequest request, CacheResponse response) {
        cache.store(request, response, now, now);
    }

    /// The lookup in a word, and what it would answer.
    String look(CacheRequest request) {
        return switch (cache.lookup(request)) {
            case CacheLookup.Fresh(CacheResponse response) -> "fresh " + new String(response.body(), UTF_8);
            case CacheLookup.Stale(CacheResponse stored, var _, CacheResponse onError) ->
                (onError == null ? "stale " : "stale-or-error ") + new String(stored.body(), UTF_8);
            case CacheLookup.Miss() -> "miss";
            case CacheLookup.Unsatisfiable(CacheResponse response) -> String.valueOf(response.status());
        };
    }

    static CacheRequest get(String path, String headers) {
        return request("GET", path, headers, null);
    }

    static CacheRequest as(@Nullable String principal, String headers) {
        return request("GET", "/x", headers, principal);
    }

    static CacheRequest request(String method, String path, String headers, @Nullable String principal) {
        URI uri = path.startsWith("/") ? URI.create("http://a.test" + path) : URI.create(path);
        return new CacheRequest(method, uri, headers(headers), false, principal);
    }

    static CacheResponse response(int status, String headers, String body) {
        return new CacheResponse(status, headers(headers), body.getBytes(UTF_8));
    }

    static CacheResponse ok(String headers, String body) {
        return response(200, headers, body);
    }

    static Map<String, List<String>> headers(@Nullable String text) {
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String field : text == null || text.isBlank() ? new String[0] : text.split(";")) {
            int colon = field.indexOf(':');
            headers.computeIfAbsent(field.substring(0, colon).strip().toLowerCase(Locale.ROOT), _ -> new ArrayList<>())
                    .add(field.substring(colon + 1).strip());
        }
        return headers;
    }
}
