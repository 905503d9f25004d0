package dev.muster.url;

import java.nio.charset.StandardCharsets;

/// Whether a path stays below the one that it is put under, however the servers on its way read it.
///
/// Some resolve dot segments before they decode, some after, some twice; some take a backslash for a slash, and cut a
/// segment at a semicolon or a NUL; some read overlong UTF-8, and map what looks like a dot or a slash to one. A path
/// that any of them would resolve is refused, so that none of them gets to do it.
public final class PathBelow {

    /// No server decodes more often. A path that is encoded once more is not looked into any further.
    private static final int MOST_DECODINGS = 3;

    private PathBelow() {}

    /// Whether `path` has a dot segment for anybody.
    ///
    /// @param path begins with a slash, and has no query and fragment; what of it is not ASCII is sent in UTF-8
    public static boolean mayBeLeft(String path) {
        boolean ascii = HttpUrl.isAscii(path);
        if (ascii && path.indexOf('%') < 0) {
            return hasDotSegment(path);
        }
        String read = ascii ? path : new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        for (int i = 0; i <= MOST_DECODINGS; i++) {
            if (hasDotSegment(read) || hasDotSegmentInUtf8(read)) {
                return true;
            }
            String decoded = decoded(read);
            if (decoded.equals(read)) {
                return false;
            }
            read = decoded;
        }
        return true;
    }

    private static boolean hasDotSegmentInUtf8(String bytes) {
        String read = utf8(bytes);
        return !read.equals(bytes) && (hasDotSegment(read) || hasDotSegment(decoded(read)));
    }

    /// Decodes the escapes of a text in which a character is a byte, also those that Microsoft's servers know
    /// (`%u002e`).
    private static String decoded(String text) {
        int first = 0;
        while (first < text.length() && !isPercent(text.charAt(first))) {
            first++;
        }
        if (first == text.length()) {
            return text;
        }
        char[] decoded = new char[text.length()];
        text.getChars(0, first, decoded, 0);
        int length = first;
        for (int i = first; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isPercent(c)) {
                boolean wide = i + 1 < text.length() && (text.charAt(i + 1) | 0x20) == 'u';
                int digits = wide ? 4 : 2;
                int start = i + (wide ? 2 : 1);
                int value = hex(text, start, start + digits);
                if (value >= 0) {
                    c = (char) value;
                    i = start + digits - 1;
                }
            }
            decoded[length++] = c;
        }
        return new String(decoded, 0, length);
    }

    private static int hex(String text, int start, int end) {
        if (end > text.length()) {
            return -1;
        }
        int value = 0;
        for (int i = start; i < end; i++) {
            int digit = Character.digit(text.charAt(i), 16);
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }

    /// Reads a text of bytes as UTF-8, overlong forms too. Of those of two bytes the second may be anything.
    private static String utf8(String text) {
        int first = 0;
        while (first < text.length() && more(text.charAt(first)) == 0) {
            first++;
        }
        if (first == text.length()) {
            return text;
        }
        char[] read = new char[text.length()];
        text.getChars(0, first, read, 0);
        int length = first;
        for (int i = first; i < text.length(); i++) {
            char lead = text.charAt(i);
            int more = more(lead);
            if (more == 0 || !isContinued(text, i, more)) {
                read[length++] = lead;
                continue;
            }
            int value = lead & (0x3F >> more);
            for (int j = 1; j <= more; j++) {
                value = value << 6 | (text.charAt(i + j) & 0x3F);
            }
            length += Character.toChars(Character.isValidCodePoint(value) ? value : '\uFFFD', read, length);
            i += more;
        }
        return new String(read, 0, length);
    }

    /// How many bytes follow `lead`, in the form of up to six bytes that UTF-8 once had.
    private static int more(char lead) {
        if (lead < 0xC0 || lead > 0xFD) {
            return 0;
        }
        return lead >= 0xFC ? 5 : lead >= 0xF8 ? 4 : lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    }

    private static boolean isContinued(String text, int lead, int more) {
        if (lead + more >= text.length()) {
            return false;
        }
        for (int i = lead + 1; i <= lead + more; i++) {
            char c = text.charAt(i);
            if (text.charAt(lead) > 0xC1 && (c < 0x80 || c > 0xBF)) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasDotSegment(String path) {
        int dots = 0;
        boolean onlyDots = false;
        boolean cut = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (isSlash(c)) {
                if (onlyDots && (dots == 1 || dots == 2)) {
                    return true;
                }
                dots = 0;
                onlyDots = true;
                cut = false;
            } else if (onlyDots && !cut) {
                if (dots > 0 && isEnd(c)) {
                    cut = true;
                } else if (dots(c) > 0) {
                    dots += dots(c);
                } else {
                    onlyDots = isIgnored(c);
                }
            }
        }
        return onlyDots && (dots == 1 || dots == 2);
    }

    private static boolean isPercent(char c) {
        return c == '%' || c == '\uFF05' || c == '\uFE6A';
    }

    private static boolean isSlash(char c) {
        return switch (c) {
            case '/', '\\', '\uFF0F', '\u2215', '\u2044', '\uFF3C', '\uFE68', '\u00A5', '\u20A9' -> true;
            default -> false;
        };
    }

    /// Whether some read nothing of a segment from `c` on.
    private static boolean isEnd(char c) {
        return switch (c) {
            case ';', '?', '#', '\0', '\uFF1B', '\u037E', '\uFE54', '\uFF1F', '\uFE56', '\uFF03', '\uFE5F' -> true;
            default -> false;
        };
    }

    private static int dots(char c) {
        return switch (c) {
            case '.', '\uFF0E', '\u2024', '\uFE52' -> 1;
            case '\u2025' -> 2;
            default -> 0;
        };
    }

    /// What is left out by servers and by whoever parses URLs as browsers do.
    private static boolean isIgnored(char c) {
        return c <= ' ' || c == 0x7F;
    }
}
