package dev.muster.answer;

import dev.muster.outcome.UpstreamResponse;
import dev.muster.request.DeclaredCharset;
import dev.muster.request.JsonMediaType;
import dev.muster.request.Pick;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

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

    /// What `pick` keeps of the body of `response`; all of it if that is no JSON.
    ///
    /// @param pick   `null` for all of it
    /// @param strict knows which JSON every client reads
    static ResponseBody of(UpstreamResponse response, @Nullable Pick pick, StrictJson strict) {
        ResponseBody body = of(response.header("content-type"), response.body(), strict);
        if (pick == null || !(body instanceof Json(byte[] all))) {
            return body;
        }
        byte[] picked = PickedBody.of(all, pick);
        return picked == null ? new None() : new Json(picked);
    }

    /// Reads `bytes` as what `contentType` says that they are. JSON that does not parse is text; text that cannot be
    /// decoded without loss is binary. So is text that would take more than twice its bytes as a JSON string, such
    /// as control characters: an answer must not outgrow the room that was made for it.
    ///
    /// JSON that common parsers choke on is text, too. Spliced in, one upstream could make the answers of all
    /// others unreadable.
    ///
    /// @param strict knows which JSON they read
    static ResponseBody of(@Nullable String contentType, byte[] bytes, StrictJson strict) {
        if (bytes.length == 0) {
            return new None();
        }
        String mimeType = JsonMediaType.withoutParameters(contentType);
        if (JsonMediaType.isJson(mimeType)) {
            byte[] json = withoutByteOrderMark(bytes);
            return strict.isReadable(json) ? new Json(json) : text(contentType, bytes);
        }
        return isText(mimeType) ? text(contentType, bytes) : new Binary(bytes);
    }

    private static boolean isText(String mimeType) {
        return mimeType.startsWith("text/") || mimeType.endsWith("+xml") || TEXT_TYPES.contains(mimeType);
    }

    private static ResponseBody text(@Nullable String contentType, byte[] bytes) {
        Charset charset = DeclaredCharset.of(contentType);
        if (charset == null) {
            return new Binary(bytes);
        }
        try {
            String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
            return bytes.length <= SHORT_TEXT || lengthAsJson(text) <= 2L * bytes.length
                    ? new Text(text)
                    : new Binary(bytes);
        } catch (CharacterCodingException undecodable) {
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

    private static byte[] withoutByteOrderMark(byte[] bytes) {
        boolean marked =
                bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF;
        return marked ? Arrays.copyOfRange(bytes, 3, bytes.length) : bytes;
    }
}
