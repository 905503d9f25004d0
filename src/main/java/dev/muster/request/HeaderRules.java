package dev.muster.request;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Which headers a caller may set on a call, and which of the client's own may be passed on to one.
///
/// Names are judged lower-cased. Headers that frame the message, belong to one connection, or tell who is calling are
/// rebuilt by Muster for every exchange and never taken from a caller: passed on, they would desynchronise pooled
/// connections or forge the caller's identity.
public final class HeaderRules {

    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Set<String> FRAMING = Set.of("host", "content-length", "transfer-encoding", "expect");
    private static final Set<String> HOP_BY_HOP =
            Set.of("connection", "keep-alive", "te", "trailer", "upgrade", "http2-settings", "proxy-connection");
    private static final Set<String> FORWARDED = Set.of("forwarded", "via", "x-real-ip", "true-client-ip");
    private static final Set<String> OF_THE_BATCH = Set.of("accept", "accept-encoding", "prefer", "last-event-id");

    private HeaderRules() {}

    /// What speaks against passing a header of the client's own request on to an upstream, if anything does.
    public static Optional<String> faultOfForwarded(String name) {
        Optional<String> fault = faultOfName(name);
        String lowerCasedName = name.toLowerCase(Locale.ROOT);
        return fault.isEmpty() && (OF_THE_BATCH.contains(lowerCasedName) || lowerCasedName.startsWith("content-"))
                ? Optional.of("describes the batch and its answer, not a call, and must not be given")
                : fault;
    }

    /// What speaks against a header name in any place, if anything does.
    public static Optional<String> faultOfToken(String name) {
        // Before it is lower-cased, which makes an ASCII letter of the Kelvin sign.
        return TOKEN.matcher(name).matches() ? Optional.empty() : Optional.of("is not a header name");
    }

    static Optional<String> faultOfName(String name) {
        Optional<String> faultOfToken = faultOfToken(name);
        if (faultOfToken.isPresent()) {
            return faultOfToken;
        }
        String lowerCasedName = name.toLowerCase(Locale.ROOT);
        if (FRAMING.contains(lowerCasedName)) {
            return Optional.of("is set by Muster and must not be given");
        }
        if (HOP_BY_HOP.contains(lowerCasedName)) {
            return Optional.of("belongs to one connection and must not be given");
        }
        if (lowerCasedName.startsWith("proxy-")) {
            return Optional.of("is for proxies and must not be given");
        }
        if (FORWARDED.contains(lowerCasedName)
                || lowerCasedName.startsWith("x-forwarded-")
                || lowerCasedName.startsWith("x-envoy-")) {
            return Optional.of("tells where a request came from or how long it may take and must not be given");
        }
        return Optional.empty();
    }

    /// What speaks against a header value, if anything does.
    public static Optional<String> faultOfValue(String value) {
        if (!value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c <= 0xFF && c != 0x7F))) {
            return Optional.of("must be printable ISO-8859-1, without line breaks");
        }
        return value.equals(value.strip()) ? Optional.empty() : Optional.of("must not begin or end with white space");
    }
}
