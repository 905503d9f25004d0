package dev.muster.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/// Undoes a response's `content-encoding`.
///
/// It works on the whole body after it has arrived, not in the pipeline: Netty's decompressor inflates a received chunk
/// to its end, though the connection is closed meanwhile (the limit of netty#6168 refuses chunks of any ratio). Here a
/// bomb costs no more than the limit it is measured against. Nor is it `GZIPInputStream`, which calls itself for each
/// empty member until the stack is full.
final class ContentDecoder {

    /// More than text compresses to, save for what is made to: a bomb.
    private static final int MOST_RATIO = 100;

    /// What may have any ratio: a short run of one character has a high one.
    private static final int RATIO_FREE = 64 * 1024;

    /// A compressor writes one; those who append to logs write some more.
    static final int MOST_MEMBERS = 1_000;

    /// What text usually compresses to.
    private static final int USUAL_RATIO = 4;

    private static final int LEAST_ROOM = 1_024;

    private static final int DEFLATE = 8;
    private static final int HAS_HEADER_CHECKSUM = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;
    private static final int FIXED_HEADER_BYTES = 10;
    private static final int TRAILER_BYTES = 8;

    private final byte[] body;
    private final int limit;
    private final int most;
    private int position;
    private byte[] decoded;
    private int length;

    private enum Encoding {
        GZIP,
        ZLIB,
        RAW_DEFLATE
    }

    private ContentDecoder(byte[] body, int limit) {
        this.body = body;
        this.limit = limit;
        this.most = (int) Math.min(limit, Math.max(RATIO_FREE, (long) MOST_RATIO * body.length));
        this.decoded = new byte[(int) Math.min(most + 1L, (long) USUAL_RATIO * body.length)];
    }

    /// Decompresses `body` if `headers` say that it is compressed, and then drops the headers that no longer hold.
    ///
    /// @throws ResponseTooLargeException if it has more than `limit` bytes, or more than 64 KB and 100 times its
    ///                                   size
    /// @throws ProtocolException         if it cannot be decompressed
    static byte[] decode(HttpHeaders headers, byte[] body, int limit) {
        String encoded = headers.get(HttpHeaderNames.CONTENT_ENCODING);
        if (encoded == null || body.length == 0) {
            return body;
        }
        Encoding encoding = encoding(encoded, body);
        if (encoding == null) {
            return body;
        }
        byte[] bytes = new ContentDecoder(body, limit).decode(encoding);
        headers.remove(HttpHeaderNames.CONTENT_ENCODING).remove(HttpHeaderNames.CONTENT_LENGTH);
        return bytes;
    }

    /// Answers `null` for an encoding that Muster did not ask for: the caller did, and gets it as it came.
    private static @Nullable Encoding encoding(String name, byte[] body) {
        return switch (name.strip().toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> Encoding.GZIP;
            // RFC 9110 means zlib's format, but many servers send what is inside it.
            case "deflate" -> isZlib(body) ? Encoding.ZLIB : Encoding.RAW_DEFLATE;
            default -> null;
        };
    }

    /// Whether it begins as RFC 1950, section 2.2, has it.
    private static boolean isZlib(byte[] body) {
        return body.length >= 2
                && (body[0] & 0x0f) == DEFLATE
                && (Byte.toUnsignedInt(body[0]) << 8 | Byte.toUnsignedInt(body[1])) % 31 == 0;
    }

    private byte[] decode(Encoding encoding) {
        var inflater = new Inflater(encoding != Encoding.ZLIB);
        try {
            if (encoding == Encoding.GZIP) {
                members(inflater);
            } else {
                inflate(inflater);
            }
        } catch (DataFormatException corrupt) {
            throw new ProtocolException("the response is not the %s that it says"
                    .formatted(encoding == Encoding.GZIP ? "gzip" : "deflate"));
        } finally {
            inflater.end();
        }
        return length == decoded.length ? decoded : Arrays.copyOf(decoded, length);
    }

    /// A body is one member after the other (RFC 1952, section 2.2). What else follows one is ignored, as `gzip` does.
    private void members(Inflater inflater) throws DataFormatException {
        var checksum = new CRC32();
        int members = 0;
        do {
            if (++members > MOST_MEMBERS) {
                throw new ProtocolException("the response has more than %d gzip members".formatted(MOST_MEMBERS));
            }
            skipHeader();
            int start = length;
            inflater.reset();
            inflate(inflater);
            checksum.reset();
            checksum.update(decoded, start, length - start);
            checkTrailer(checksum.getValue(), length - start);
        } while (isMember());
    }

    private boolean isMember() {
        return body.length - position >= 2 && body[position] == 0x1f && body[position + 1] == (byte) 0x8b;
    }

    private void skipHeader() throws DataFormatException {
        int start = position;
        require(isMember());
        skip(FIXED_HEADER_BYTES);
        require(body[start + 2] == DEFLATE);
        int flags = body[start + 3];
        if ((flags & HAS_EXTRA) != 0) {
            skip(2);
            skip(Byte.toUnsignedInt(body[position - 2]) | Byte.toUnsignedInt(body[position - 1]) << 8);
        }
        if ((flags & HAS_NAME) != 0) {
            skipText();
        }
        if ((flags & HAS_COMMENT) != 0) {
            skipText();
        }
        if ((flags & HAS_HEADER_CHECKSUM) != 0) {
            skip(2);
        }
    }

    private void skip(int bytes) throws DataFormatException {
        require(bytes <= body.length - position);
        position += bytes;
    }

    private void skipText() throws DataFormatException {
        do {
            skip(1);
        } while (body[position - 1] != 0);
    }

    private void checkTrailer(long checksum, int inflated) throws DataFormatException {
        skip(TRAILER_BYTES);
        require(littleEndian(position - TRAILER_BYTES) == (int) checksum);
        require(littleEndian(position - TRAILER_BYTES / 2) == inflated);
    }

    private int littleEndian(int at) {
        return Byte.toUnsignedInt(body[at])
                | Byte.toUnsignedInt(body[at + 1]) << 8
                | Byte.toUnsignedInt(body[at + 2]) << 16
                | Byte.toUnsignedInt(body[at + 3]) << 24;
    }

    private static void require(boolean holds) throws DataFormatException {
        if (!holds) {
            throw new DataFormatException();
        }
    }

    /// Inflates from `position` on until the end of what is compressed there.
    private void inflate(Inflater inflater) throws DataFormatException {
        inflater.setInput(body, position, body.length - position);
        while (!inflater.finished()) {
            int inflated = inflater.inflate(decoded, length, decoded.length - length);
            length += inflated;
            if (inflated == 0 && !inflater.finished()) {
                require(length == decoded.length && !inflater.needsDictionary());
                grow();
            }
        }
        if (length > most) {
            throw tooLarge();
        }
        position = body.length - inflater.getRemaining();
    }

    private void grow() {
        // One byte more than is allowed tells a body that has more from one that ends there.
        if (length > most) {
            throw tooLarge();
        }
        decoded = Arrays.copyOf(decoded, (int) Math.min(most + 1L, Math.max(LEAST_ROOM, 2L * length)));
    }

    private ResponseTooLargeException tooLarge() {
        return new ResponseTooLargeException(
                most == limit
                        ? "the response has more than %d bytes when decompressed".formatted(limit)
                        : "the response has more than %d times its size when decompressed".formatted(MOST_RATIO));
    }
}
