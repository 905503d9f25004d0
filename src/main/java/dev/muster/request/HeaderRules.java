package dev.muster.request;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Which headers a caller may set on a call, and which of the client's own may be passed on to one.
///
/// Names are judged as servers read them: in any case, `X_Real_IP` as `X-Real-IP`. Headers that frame the message,
/// belong to one connection, or tell who is calling are
/// rebuilt by Muster for every exchange and never taken from a caller: passed on, they would desynchronise pooled
/// connections or forge the caller's identity.
public final class HeaderRules {

    private static final Pattern OTHER = Pattern.compile("[^0-9a-z]");
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Set<String> FRAMING = Set.of("host", "content-length", "transfer-encoding", "expect");
    private static final Set<String> HOP_BY_HOP =
            Set.of("connection", "keep-alive", "te", "trailer", "upgrade", "http2-settings", "proxy-connection");
    /// Where a request came from. The endings are those under which proxies and networks for delivery tell an address.
    private static final Set<String> ORIGIN = Set.of(
            "via", "forwarded", "x-forwarded", "x-host", "x-scheme", "x-url-scheme", "front-end-https", "cdn-loop");

    private static final List<String> ORIGIN_PREFIXES =
            List.of("forwarded-", "x-forwarded-", "x-forward-", "x-envoy-", "x-original-", "x-rewrite-", "x-real-");
    private static final List<String> ORIGIN_SUFFIXES = List.of(
            "client-ip",
            "clientip",
            "connecting-ip",
            "connectingip",
            "connecting-ipv6",
            "connection-ip",
            "real-ip",
            "user-ip",
            "socketip",
            "src-ip",
            "remote-ip",
            "remote-addr",
            "forwarded-for");

    /// Who is calling, as somebody in front of the upstream has found out: an authenticating proxy, a terminator of
    /// TLS, a cloud.
    private static final Set<String> IDENTITY = Set.of(
            "client-cert",
            "client-cert-chain",
            "x-client-cert",
            "x-client-dn",
            "x-client-verify",
            "x-arr-clientcert",
            "x-userinfo",
            "x-credential-identifier");
    private static final List<String> IDENTITY_PREFIXES = List.of(
            "remote-",
            "x-remote-",
            "x-authenticated-",
            "x-auth-request-",
            "x-webauth-",
            "x-consumer-",
            "ssl-client-",
            "x-ssl-",
            "x-client-cert-",
            "cf-",
            "fastly-",
            "x-amzn-oidc-",
            "x-amzn-mtls-",
            "x-goog-authenticated-",
            "x-goog-iap-",
            "x-ms-client-principal",
            "x-azure-",
            "x-appengine-",
            "x-pomerium-",
            "tailscale-",
            "impersonate-",
            "iv-user",
            "iv-groups",
            "iv-creds",
            "sm-user");
    private static final List<String> IDENTITY_SUFFIXES = List.of("remote-user", "authenticated-user");

    /// Given twice, they mean one thing to one server and another to the next.
    private static final Set<String> ONE_VALUE = Set.of(
            "content-type",
            "authorization",
            "user-agent",
            "referer",
            "from",
            "range",
            "if-range",
            "if-modified-since",
            "if-unmodified-since",
            "max-forwards",
            "date");
    private static final Set<String> OF_THE_BATCH = Set.of("accept", "accept-encoding", "prefer", "last-event-id");

    private HeaderRules() {}

    /// What speaks against passing a header of the client's own request on to an upstream, if anything does. Who is
    /// calling may be told on, if an operator says so.
    public static Optional<String> faultOfForwarded(String name) {
        Optional<String> fault = faultOfTransport(name);
        String read = asServersRead(name);
        return fault.isEmpty() && (OF_THE_BATCH.contains(read) || read.startsWith("content-"))
                ? Optional.of("describes the batch and its answer, not a call, and must not be given")
                : fault;
    }

    /// What speaks against a header name in any place, if anything does.
    public static Optional<String> faultOfToken(String name) {
        // Before it is lower-cased, which makes an ASCII letter of the Kelvin sign.
        return TOKEN.matcher(name).matches() ? Optional.empty() : Optional.of("is not a header name");
    }

    static Optional<String> faultOfName(String name) {
        Optional<String> fault = faultOfTransport(name);
        if (fault.isPresent()) {
            return fault;
        }
        String read = asServersRead(name);
        if (read.equals("content-type") && !name.equalsIgnoreCase(read)) {
            return Optional.of("is content-type to some servers, and must be written so");
        }
        return is(read, IDENTITY, IDENTITY_PREFIXES, IDENTITY_SUFFIXES)
                ? Optional.of("tells who is calling and must not be given")
                : Optional.empty();
    }

    /// Whether a header, by its lower-cased name, is given once or not at all.
    static boolean hasOneValue(String lowerCasedName) {
        return ONE_VALUE.contains(lowerCasedName);
    }

    private static Optional<String> faultOfTransport(String name) {
        Optional<String> faultOfToken = faultOfToken(name);
        if (faultOfToken.isPresent()) {
            return faultOfToken;
        }
        String read = asServersRead(name);
        if (FRAMING.contains(read)) {
            return Optional.of("is set by Muster and must not be given");
        }
        if (HOP_BY_HOP.contains(read) || read.startsWith("x-http2-")) {
            return Optional.of("belongs to one connection and must not be given");
        }
        if (read.startsWith("proxy-") || read.startsWith("wl-proxy-")) {
            return Optional.of("is for proxies and must not be given");
        }
        return is(read, ORIGIN, ORIGIN_PREFIXES, ORIGIN_SUFFIXES)
                ? Optional.of("tells where a request came from or how long it may take and must not be given")
                : Optional.empty();
    }

    /// A server hands headers to its application as variables: in their names all but letters and digits is one
    /// character.
    private static String asServersRead(String name) {
        String lowerCased = name.toLowerCase(Locale.ROOT);
        for (int i = 0; i < lowerCased.length(); i++) {
            char c = lowerCased.charAt(i);
            if (c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z')) {
                return OTHER.matcher(lowerCased).replaceAll("-");
            }
        }
        return lowerCased;
    }

    private static boolean is(String name, Set<String> names, List<String> prefixes, List<String> suffixes) {
        if (names.contains(name)) {
            return true;
        }
        // Plain loops: a document may have tens of thousands of headers.
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        for (String suffix : suffixes) {
            if (name.endsWith(suffix)) {
                return true;
            }
        }
        return false;
    }

    /// What speaks against a header value, if anything does.
    public static Optional<String> faultOfValue(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c != '\t' && (c < ' ' || c > 0xFF || c == 0x7F)) {
                return Optional.of("must be printable ISO-8859-1, without line breaks");
            }
        }
        return value.equals(value.strip()) ? Optional.empty() : Optional.of("must not begin or end with white space");
    }
}
