package dev.muster.cache;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// For whom a stored response is: for everyone, or for one asker alone.
///
/// Who asks is more than `Authorization` and `Cookie`: API keys and tenants travel in headers of any name, and most
/// services that read them send no `Vary`. So an asker is a principal together with every header it sends, but for
/// those that say nothing about it.
///
/// @param fields a digest of those headers, empty without any
record Audience(@Nullable String principal, String fields) {

    static final Audience EVERYONE = new Audience(null, "*");

    private static final Set<String> SAY_NOTHING = Set.of(
            "b3",
            "cache-control",
            "pragma",
            "traceparent",
            "tracestate",
            "user-agent",
            "x-correlation-id",
            "x-request-id");

    /// For whom `response` may be kept, or `null` if for nobody (RFC 9111, sections 3 and 3.5).
    static @Nullable Audience permitted(CacheRequest request, CacheResponse response) {
        CacheControl control = response.cacheControl();
        if (control.has("no-store")) {
            return null;
        }
        if (control.has("private")) {
            return request.namesItsUser() ? of(request) : null;
        }
        boolean offered = control.has("public") || control.has("s-maxage");
        // With a cookie set it has said something to one of them.
        return offered && response.first("set-cookie") == null ? EVERYONE : of(request);
    }

    /// Whether more than one user may be in this audience of `request`, so that the rules of a shared cache hold.
    boolean isShared(CacheRequest request) {
        return equals(EVERYONE) || !request.namesItsUser();
    }

    /// The one asker that sends `request`.
    static Audience of(CacheRequest request) {
        return new Audience(request.principal(), digest(request.headers()));
    }

    private static String digest(Map<String, List<String>> headers) {
        Map<String, List<String>> telling = new TreeMap<>(headers);
        telling.keySet()
                .removeIf(name -> SAY_NOTHING.contains(name) || name.startsWith("if-") || name.startsWith("x-b3-"));
        if (telling.isEmpty()) {
            return "";
        }
        MessageDigest sha = sha256();
        telling.forEach((name, values) -> {
            // No name or value has a line break in it: no other headers make the same text.
            String text = name + '\n' + values.size() + '\n' + String.join("\n", values) + '\n';
            sha.update(text.getBytes(StandardCharsets.UTF_8));
        });
        return HexFormat.of().formatHex(sha.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
