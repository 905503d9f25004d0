package dev.muster.call;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/// Undoes a response's `content-encoding`.
///
/// It works on the whole body after it has arrived, not in the pipeline: Netty's decompressor inflates a received chunk
/// without limit before anything can count it, and here a bomb costs no more than the limit it is measured against.
final class ContentDecoder {

    /// More than text compresses to, save for what is made to: a bomb.
    private static final int MOST_RATIO = 100;

    /// What may have any ratio: a short run of one character has a high one.
    private static final int RATIO_FREE = 64 * 1024;

    private ContentDecoder() {}

    /// Decompresses `body` if `headers` say that it is compressed, and then drops the headers that no longer hold.
    ///
    /// @throws ResponseTooLargeException if it has more than `limit` bytes, or more than 64 KB and 100 times its
    ///                                   size
    /// @throws ProtocolException         if it cannot be decompressed
    static byte[] decode(HttpHeaders headers, byte[] body, int limit) {
        String encoding = headers.get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoding == null || body.length == 0) {
            return body;
        }
        try (InputStream decoded = decoder(encoding.strip().toLowerCase(Locale.ROOT), body)) {
            if (decoded == null) {
                return body;
            }
            int most = (int) Math.min(limit, Math.max(RATIO_FREE, (long) MOST_RATIO * body.length));
            byte[] bytes = decoded.readNBytes(most);
            if (decoded.read() >= 0) {
                throw new ResponseTooLargeException(
                        most == limit
                                ? "the response has more than %d bytes when decompressed".formatted(limit)
                                : "the response has more than %d times its size when decompressed"
                                        .formatted(MOST_RATIO));
            }
            headers.remove(HttpHeaderNames.CONTENT_ENCODING).remove(HttpHeaderNames.CONTENT_LENGTH);
            return bytes;
        } catch (IOException corrupt) {
            throw new ProtocolException("the response is not the %s that it says".formatted(encoding));
        }
    }

    /// Answers `null` for an encoding that Muster did not ask for: the caller did, and gets it as it came.
    private static @Nullable InputStream decoder(String encoding, byte[] body) throws IOException {
        var raw = new ByteArrayInputStream(body);
        return switch (encoding) {
            case "gzip", "x-gzip" -> new GZIPInputStream(raw, 8_192);
            case "deflate" -> new InflaterInputStream(raw);
            default -> null;
        };
    }
}
