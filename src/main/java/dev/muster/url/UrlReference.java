package dev.muster.url;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where a reference, as a `Location` header has it, leads from a URL (RFC 3986, section 5.2; strict).
///
/// `java.net.URI` resolves by the older RFC 2396, where a mere query loses the path, and dot segments that lead above
/// the root are kept.
public final class UrlReference {

    /// RFC 3986, appendix B.
    private static final Pattern PARTS =
            Pattern.compile("(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\\?([^#]*))?(?:#(.*))?", Pattern.DOTALL);

    private static final HexFormat ESCAPED = HexFormat.of().withUpperCase();

    private UrlReference() {}

    /// Resolves `reference` against `base`.
    ///
    /// What may not stand in a URL is percent-encoded, once, as curl does: a space in a query becomes a plus. An
    /// empty reference is `base` itself.
    ///
    /// @param base      with an authority
    /// @param reference each of its characters is a byte
    /// @throws URISyntaxException if it leads to what is no URI
    public static URI resolve(URI base, String reference) throws URISyntaxException {
        Matcher parts = PARTS.matcher(reference);
        if (!parts.matches()) {
            throw new URISyntaxException(reference, "no reference");
        }
        String scheme = parts.group(1);
        String authority = parts.group(2);
        String path = encoded(parts.group(3), "%20");
        String query = parts.group(4) == null ? null : encoded(parts.group(4), "+");
        String fragment = parts.group(5) == null ? null : encoded(parts.group(5), "%20");
        if (scheme != null) {
            return uri(scheme, authority, withoutDotSegments(path), query, fragment);
        }
        if (authority != null) {
            return uri(base.getScheme(), authority, withoutDotSegments(path), query, fragment);
        }
        if (path.isEmpty()) {
            String kept = query == null ? base.getRawQuery() : query;
            return uri(base.getScheme(), base.getRawAuthority(), base.getRawPath(), kept, fragment);
        }
        String whole = path.startsWith("/") ? path : directory(base.getRawPath()) + path;
        return uri(base.getScheme(), base.getRawAuthority(), withoutDotSegments(whole), query, fragment);
    }

    private static URI uri(
            String scheme, @Nullable String authority, String path, @Nullable String query, @Nullable String fragment)
            throws URISyntaxException {
        return new URI(scheme
                + ':'
                + (authority == null ? "" : "//" + authority)
                + path
                + (query == null ? "" : '?' + query)
                + (fragment == null ? "" : '#' + fragment));
    }

    private static String directory(String path) {
        return path.isEmpty() ? "/" : path.substring(0, path.lastIndexOf('/') + 1);
    }

    private static String withoutDotSegments(String path) {
        if (!path.startsWith("/")) {
            return path;
        }
        List<String> kept = new ArrayList<>();
        String[] segments = path.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            boolean dots = segments[i].equals(".") || segments[i].equals("..");
            if (segments[i].equals("..") && !kept.isEmpty()) {
                kept.removeLast();
            }
            if (!dots) {
                kept.add(segments[i]);
            } else if (i == segments.length - 1) {
                kept.add("");
            }
        }
        return "/" + String.join("/", kept);
    }

    private static String encoded(String part, String space) {
        var encoded = new StringBuilder(part.length() + 16);
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (c == ' ') {
                encoded.append(space);
            } else if (c > ' '
                    && c < 0x7F
                    && "\"<>\\^`{|}[]".indexOf(c) < 0
                    && (c != '%' || HttpUrl.isEscape(part, i))) {
                encoded.append(c);
            } else {
                ESCAPED.toHexDigits(encoded.append('%'), (byte) c);
            }
        }
        return encoded.toString();
    }
}
