package dev.muster.url;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What `java.net.URI` does not say of an `http` or `https` URL, or says otherwise than those who send and receive it.
public final class HttpUrl {

    private static final int MOST_HOST_CHARACTERS = 254;
    private static final int MOST_PORT_DIGITS = 5;
    private static final String HEX = "0123456789ABCDEF";
    /// The characters of an escaped byte.
    private static final int ESCAPE = 3;

    /// What `java.net.URI` takes besides letters, digits and escapes.
    private static final String PATH_MARKS = "/._-~!$&'()*+,;=:@";

    private static final String QUERY_MARKS = PATH_MARKS + "?[]";

    private HttpUrl() {}

    /// Parses `text` as it is sent: what is not ASCII is percent-encoded as it stands, in UTF-8.
    ///
    /// `URI.toASCIIString` also normalises (to NFC), which RFC 3987, section 3.1, and browsers do not:
    /// that makes other characters of some, among them a semicolon and one that no URL may have, and
    /// dozens of bytes of one.
    ///
    /// @throws URISyntaxException if it is no URI; its index counts the characters of `text`
    public static URI parse(String text) throws URISyntaxException {
        if (isAscii(text)) {
            return new URI(text);
        }
        if (hasInvisible(text)) {
            requireUri(text);
        }
        try {
            return new URI(percentEncoded(text));
        } catch (URISyntaxException invalid) {
            requireUri(text);
            throw invalid;
        }
    }

    /// Whether `text` is a path, with a query or without one, that [#parse] takes behind a host.
    ///
    /// That is most of what a document has, and found without parsing it.
    public static boolean isPath(String text) {
        boolean query = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '%') {
                if (!isEscape(text, i)) {
                    return false;
                }
                i += 2;
            } else if (c == '?') {
                query = true;
            } else if (c < 0x80
                    ? !isLetter(c) && !isDigit(c) && (query ? QUERY_MARKS : PATH_MARKS).indexOf(c) < 0
                    : isInvisible(c)) {
                return false;
            }
        }
        return text.startsWith("/");
    }

    /// Whether the percent sign at `percent` begins an escaped byte.
    static boolean isEscape(String text, int percent) {
        return percent + ESCAPE <= text.length()
                && HexFormat.isHexDigit(text.charAt(percent + 1))
                && HexFormat.isHexDigit(text.charAt(percent + 2));
    }

    /// Whether there are spaces or control characters, which no URL has. Encoded, they would go unnoticed.
    private static boolean hasInvisible(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isInvisible(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isInvisible(char c) {
        return Character.isSpaceChar(c) || Character.isISOControl(c);
    }

    /// To parse a text twice takes its time, and is only done where there is something to say of it.
    private static void requireUri(String text) throws URISyntaxException {
        var _ = new URI(text);
    }

    /// How many characters `text` has as it is sent.
    public static int length(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Of a surrogate pair, each has half of the character's four bytes.
            length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 * ESCAPE : 3 * ESCAPE;
        }
        return length;
    }

    /// As [#parse], for a text that is known to be a URI.
    public static URI of(String text) {
        return URI.create(isAscii(text) ? text : percentEncoded(text));
    }

    /// The host, as it is spelled, or null if there is none that every parser reads alike. Other than `URI.getHost` it
    /// knows underscores, which the names of containers often have, though no host's name may.
    public static @Nullable String host(URI uri) {
        String host = uri.getHost();
        String authority = host == null ? uri.getRawAuthority() : null;
        if (authority == null) {
            return host;
        }
        String name = authority.substring(0, endOfName(authority));
        return isName(name) && isPort(authority, name.length()) ? name : null;
    }

    /// The port, that of the scheme where none is given.
    public static int port(URI uri) {
        int port = givenPort(uri);
        return port >= 0 ? port : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    /// Scheme, host and port in one spelling.
    public static String origin(URI uri) {
        return (uri.getScheme() + "://" + host(uri)).toLowerCase(Locale.ROOT) + ":" + port(uri);
    }

    /// Whether the authority, host or not, carries user information.
    public static boolean hasUserInformation(URI uri) {
        String authority = uri.getRawAuthority();
        return authority != null && authority.indexOf('@') >= 0;
    }

    /// The bytes of a URL as text, percent-encoded where they are not ASCII.
    static String percentEncoded(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        byte[] encoded = new byte[bytes.length * ESCAPE];
        int length = 0;
        for (byte octet : bytes) {
            if (octet >= 0) {
                encoded[length++] = octet;
            } else {
                encoded[length++] = '%';
                encoded[length++] = (byte) HEX.charAt(octet >> 4 & 0xf);
                encoded[length++] = (byte) HEX.charAt(octet & 0xf);
            }
        }
        return new String(encoded, 0, length, StandardCharsets.ISO_8859_1);
    }

    static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static int givenPort(URI uri) {
        String authority = uri.getHost() == null ? uri.getRawAuthority() : null;
        if (authority == null) {
            return uri.getPort();
        }
        int start = endOfName(authority) + 1;
        return start < authority.length() && isPort(authority, start - 1)
                ? Integer.parseInt(authority, start, authority.length(), 10)
                : -1;
    }

    private static int endOfName(String authority) {
        int colon = authority.indexOf(':');
        return colon < 0 ? authority.length() : colon;
    }

    /// Whether `authority` has, from `colon` on, nothing or a port, which may be empty.
    private static boolean isPort(String authority, int colon) {
        if (authority.length() - colon > MOST_PORT_DIGITS + 1) {
            return false;
        }
        for (int i = colon + 1; i < authority.length(); i++) {
            if (!isDigit(authority.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /// A name that `java.net.URI` refuses for its underscores alone.
    private static boolean isName(String name) {
        if (name.indexOf('_') < 0 || name.length() > MOST_HOST_CHARACTERS) {
            return false;
        }
        String[] labels = (name.endsWith(".") ? name.substring(0, name.length() - 1) : name).split("\\.", -1);
        for (String label : labels) {
            if (!isLabel(label)) {
                return false;
            }
        }
        String last = labels[labels.length - 1];
        return !isDigit(last.charAt(0)) || last.indexOf('_') >= 0;
    }

    private static boolean isLabel(String label) {
        for (int i = 0; i < label.length(); i++) {
            char c = label.charAt(i);
            if (!isLetter(c) && !isDigit(c) && c != '-' && c != '_') {
                return false;
            }
        }
        return !label.isEmpty() && !label.startsWith("-") && !label.endsWith("-");
    }

    private static boolean isLetter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
