package dev.muster.response;

import dev.muster.request.JsonMediaType;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpUtil;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/// How an upstream's body is carried to the client.
sealed interface ResponseBody {

    /// There is none.
    record None() implements ResponseBody {}

    /// Well-formed JSON in UTF-8, to be carried byte for byte.
    record Json(byte[] bytes) implements ResponseBody {}

    /// Text, in whatever charset it came.
    record Text(String text) implements ResponseBody {}

    /// Anything else.
    record Binary(byte[] bytes) implements ResponseBody {}

    JsonFactory JSON = new JsonFactory();
    Set<String> TEXT_TYPES = Set.of(
            "application/xml",
            "application/javascript",
            "application/ecmascript",
            "application/x-www-form-urlencoded",
            "application/x-ndjson",
            "application/yaml",
            "application/graphql");

    /// A shorter text may grow by any factor.
    int SHORT_TEXT = 1_024;

    /// Reads `bytes` as what `headers` say that they are. JSON that does not parse is text; text that cannot be
    /// decoded without loss is binary. So is text that would take more than twice its bytes as a JSON string, such
    /// as control characters: an answer must not outgrow the room that was made for it.
    ///
    /// JSON that common parsers choke on is text, too: nested deeper than 500 levels, a number of more than 1,000
    /// digits, a name of more than 50,000 bytes. Spliced in, one upstream could make the answers of all others
    /// unreadable.
    static ResponseBody of(HttpHeaders headers, byte[] bytes) {
        if (bytes.length == 0) {
            return new None();
        }
        String contentType = headers.get(HttpHeaderNames.CONTENT_TYPE);
        String mimeType = JsonMediaType.withoutParameters(contentType);
        if (JsonMediaType.isJson(mimeType)) {
            byte[] json = withoutByteOrderMark(bytes);
            return isWellFormed(json) ? new Json(json) : text(contentType, bytes);
        }
        return isText(mimeType) ? text(contentType, bytes) : new Binary(bytes);
    }

    private static boolean isText(String mimeType) {
        return mimeType.startsWith("text/") || mimeType.endsWith("+xml") || TEXT_TYPES.contains(mimeType);
    }

    private static ResponseBody text(@Nullable String contentType, byte[] bytes) {
        try {
            Charset charset = contentType == null ? StandardCharsets.UTF_8 : declaredCharset(contentType);
            String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return bytes.length <= SHORT_TEXT || lengthAsJson(text) <= 2L * bytes.length
                    ? new Text(text)
                    : new Binary(bytes);
        } catch (CharacterCodingException | IllegalCharsetNameException | UnsupportedCharsetException undecodable) {
            return new Binary(bytes);
        }
    }

    /// How many bytes `text` has as a JSON string in UTF-8.
    private static long lengthAsJson(String text) {
        long length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            length += switch (c) {
                case '"', '\\', '\b', '\t', '\n', '\f', '\r' -> 2;
                default -> c < ' ' ? 6 : c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
            };
        }
        return length;
    }

    private static Charset declaredCharset(String contentType) {
        CharSequence name = HttpUtil.getCharsetAsSequence(contentType);
        return name == null
                ? StandardCharsets.UTF_8
                : Charset.forName(name.toString().replace("\"", ""));
    }

    private static byte[] withoutByteOrderMark(byte[] bytes) {
        boolean marked =
                bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF;
        return marked ? Arrays.copyOfRange(bytes, 3, bytes.length) : bytes;
    }

    /// Whether `bytes` are exactly one JSON value in UTF-8. What is spliced unread into an answer must not break
    /// it.
    private static boolean isWellFormed(byte[] bytes) {
        // JSON in UTF-8 begins with ASCII and has no NUL; the parser would accept UTF-16, and skip another
        // byte order mark, which must not get into the answer.
        if (bytes.length > 1 && (bytes[0] <= 0 || bytes[1] == 0)) {
            return false;
        }
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes)) {
            if (parser.nextToken() == null) {
                return false;
            }
            parser.skipChildren();
            return parser.nextToken() == null && isUtf8(bytes);
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
}
