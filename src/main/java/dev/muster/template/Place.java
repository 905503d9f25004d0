package dev.muster.template;

import java.nio.charset.StandardCharsets;

/// Where a value is put, and what keeps it there.
public enum Place {
    /// A segment of a path, or a part of it.
    PATH,
    /// A part of a query.
    QUERY,
    /// Anywhere else.
    TEXT;

    private static final String HEX = "0123456789ABCDEF";

    /// `text` as it stands there: in a URL, all but unreserved characters (RFC 3986, section 2.3) is percent-encoded.
    ///
    /// @throws UnusableValueException if it would make a path segment vanish
    String put(Reference reference, String text) {
        return switch (this) {
            case PATH -> {
                if (text.isEmpty()) {
                    throw new UnusableValueException(reference, "is empty, which no part of a path may be");
                }
                yield percentEncoded(text);
            }
            case QUERY -> percentEncoded(text);
            case TEXT -> text;
        };
    }

    private static String percentEncoded(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        var encoded = new StringBuilder(bytes.length + 16);
        for (byte octet : bytes) {
            char c = (char) (octet & 0xff);
            if (isUnreserved(c)) {
                encoded.append(c);
            } else {
                encoded.append('%').append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 0xf));
            }
        }
        return encoded.toString();
    }

    private static boolean isUnreserved(char c) {
        return CallReference.isOfId(c) || c == '~';
    }
}
