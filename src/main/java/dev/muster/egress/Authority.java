package dev.muster.egress;

import java.util.Locale;

/// A host and a port, spelled in the one way that makes equal destinations equal.
///
/// @param host a lower-case name without trailing dot, a dotted quad, or an IPv6 address without brackets in its
///     RFC 5952 form (an IPv4-mapped one as its dotted quad); a text that is none of these stays as it is, for the
///     policy to refuse
/// @param port the port, never a stand-in for the scheme's default
public record Authority(String host, int port) {

    /// Normalises the host, so that no authority exists that escapes a comparison by its spelling.
    public Authority {
        host = normalise(host);
    }

    /// The authority of `host`, which may carry brackets, upper case and a trailing dot, and `port`.
    public static Authority of(String host, int port) {
        return new Authority(host, port);
    }

    private static String normalise(String host) {
        String name = lowerCase(host);
        if (name.indexOf(':') >= 0) {
            IpAddress ipv6 = IpAddress.parse(withoutBrackets(name));
            return ipv6 == null ? name : ipv6.toString();
        }
        return name.endsWith(".") && !name.endsWith("..") ? name.substring(0, name.length() - 1) : name;
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    // Unicode has letters whose lower case is ASCII (the Kelvin sign becomes a k): only ASCII is folded.
    private static String lowerCase(String host) {
        for (int i = 0; i < host.length(); i++) {
            if (host.charAt(i) > 0x7f) {
                return host;
            }
        }
        return host.toLowerCase(Locale.ROOT);
    }
}
