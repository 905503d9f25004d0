package dev.muster.egress;

import org.jspecify.annotations.Nullable;

/// What may stand for a host where no IP address does: a name that every parser reads as the same name.
final class HostName {

    private static final int MAX_LENGTH = 253;
    private static final int MAX_LABEL_LENGTH = 63;

    private HostName() {}

    /// The rule that `host`, a normalised host that is no IP address, breaks, or null when it is a plain name.
    static @Nullable String fault(String host) {
        if (host.indexOf('%') >= 0) {
            return "a host must carry neither percent-encoding nor a zone id";
        }
        if (host.indexOf(':') >= 0) {
            return "a host with colons must be an IPv6 address, with an IPv4 tail only after ::ffff:";
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c > 0x7f) {
                return "a host name outside ASCII must be given in punycode (xn--)";
            }
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.') {
                return "a host name consists of letters, digits, hyphens, underscores and dots";
            }
        }
        if (!hasPlainLabels(host)) {
            return "a host name has labels of 1 to 63 characters with no hyphen at either end, and 253 in all";
        }
        // inet_aton reads 2130706433, 0x7f.1 and 0177.0.0.1 as addresses, where others look a name up.
        if (isNumber(host, host.lastIndexOf('.') + 1)) {
            return "a host that ends in a number must be an IPv4 address of four decimal parts without leading zeros";
        }
        return null;
    }

    private static boolean hasPlainLabels(String host) {
        int start = 0;
        for (int i = 0; i <= host.length(); i++) {
            if (i == host.length() || host.charAt(i) == '.') {
                int length = i - start;
                if (length < 1 || length > MAX_LABEL_LENGTH || host.charAt(start) == '-' || host.charAt(i - 1) == '-') {
                    return false;
                }
                start = i + 1;
            }
        }
        return host.length() <= MAX_LENGTH;
    }

    private static boolean isNumber(String host, int label) {
        boolean hex = host.startsWith("0x", label);
        for (int i = hex ? label + 2 : label; i < host.length(); i++) {
            if (Character.digit(host.charAt(i), hex ? 16 : 10) < 0) {
                return false;
            }
        }
        return true;
    }
}
