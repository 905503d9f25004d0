package dev.muster.answer;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/// Which JSON every client can read. What is spliced unread into an answer must break it for none of them.
///
/// Besides the grammar, that keeps out what the grammar allows and parsers refuse: more levels and digits than clients
/// are known to read, numbers beyond a double (Go, orjson), names that begin with an escaped NUL (PHP's objects) and
/// escaped halves of surrogate pairs (jq, orjson, PHP).
final class StrictJson {

    /// A shorter number without an exponent is a finite double.
    private static final int SURELY_FINITE = 300;

    private static final int NOT_READABLE = -1;
    private static final int ESCAPE_LENGTH = 6;

    private final JsonFactory json;

    /// @param maxDepth  most levels of a value
    /// @param maxDigits most digits of a number
    StrictJson(int maxDepth, int maxDigits) {
        this.json = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(maxDepth)
                        .maxNumberLength(maxDigits)
                        .build())
                .build();
    }

    /// Whether `bytes` are exactly one JSON value in UTF-8 that every client can read.
    boolean isReadable(byte[] bytes) {
        // JSON in UTF-8 begins with ASCII and has no NUL; the parser would accept UTF-16, and skip another
        // byte order mark, which must not get into the answer.
        if (bytes.length > 1 && (bytes[0] <= 0 || bytes[1] == 0)) {
            return false;
        }
        try (JsonParser parser = json.createParser(ObjectReadContext.empty(), bytes)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null && isUtf8(bytes) && hasReadableTokens(bytes);
        } catch (JacksonException malformed) {
            return false;
        }
    }

    /// The parser lets some malformed sequences pass; a client's decoder need not.
    private static boolean isUtf8(byte[] bytes) {
        for (byte b : bytes) {
            if (b < 0) {
                return decodes(bytes);
            }
        }
        return true;
    }

    private static boolean decodes(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException malformed) {
            return false;
        }
    }

    /// Looks at the strings and numbers of what is well-formed, which makes it simple.
    private static boolean hasReadableTokens(byte[] json) {
        int i = 0;
        while (i < json.length) {
            byte b = json[i];
            if (b == '"') {
                i = afterString(json, i + 1);
            } else if (b == '-' || isDigit(b)) {
                i = afterNumber(json, i);
            } else {
                i++;
            }
            if (i == NOT_READABLE) {
                return false;
            }
        }
        return true;
    }

    /// @return where what follows the string begins, or [#NOT_READABLE]
    private static int afterString(byte[] json, int start) {
        int i = start;
        while (json[i] != '"') {
            if (json[i] != '\\') {
                i++;
            } else if (json[i + 1] != 'u') {
                i += 2;
            } else {
                int unit = unit(json, i);
                i += ESCAPE_LENGTH;
                if (Character.isLowSurrogate((char) unit)) {
                    return NOT_READABLE;
                }
                if (Character.isHighSurrogate((char) unit)) {
                    if (json[i] != '\\' || json[i + 1] != 'u' || !Character.isLowSurrogate((char) unit(json, i))) {
                        return NOT_READABLE;
                    }
                    i += ESCAPE_LENGTH;
                }
            }
        }
        int end = i + 1;
        return json[start] == '\\' && json[start + 1] == 'u' && unit(json, start) == 0 && isName(json, end)
                ? NOT_READABLE
                : end;
    }

    private static int unit(byte[] json, int escape) {
        int unit = 0;
        for (int i = escape + 2; i < escape + ESCAPE_LENGTH; i++) {
            unit = unit << 4 | Character.digit(json[i], 16);
        }
        return unit;
    }

    private static boolean isName(byte[] json, int end) {
        int i = end;
        while (i < json.length && json[i] <= ' ' && json[i] >= 0) {
            i++;
        }
        return i < json.length && json[i] == ':';
    }

    private static int afterNumber(byte[] json, int start) {
        boolean exponent = false;
        int i = start;
        while (i < json.length && (isDigit(json[i]) || "+-.eE".indexOf(json[i]) >= 0)) {
            exponent |= (json[i] | 0x20) == 'e';
            i++;
        }
        boolean finite = (!exponent && i - start <= SURELY_FINITE)
                || Double.isFinite(Double.parseDouble(new String(json, start, i - start, StandardCharsets.US_ASCII)));
        return finite ? i : NOT_READABLE;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }
}
