package dev.muster.call;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/// Gathers a response body on the heap, within a limit.
final class BodyCollector {

    private final int limit;
    private byte[] bytes;
    private int length;

    /// @param limit    most bytes
    /// @param expected how many there will be, as far as known; never trusted beyond the limit
    BodyCollector(int limit, int expected) {
        this.limit = limit;
        this.bytes = new byte[Math.min(Math.max(expected, 0), limit)];
    }

    /// Copies `chunk`, which stays the caller's.
    ///
    /// @throws ResponseTooLargeException if the body gets longer than the limit
    void add(ByteBuf chunk) {
        int added = chunk.readableBytes();
        if (added > limit - length) {
            throw new ResponseTooLargeException("the response has more than %d bytes".formatted(limit));
        }
        if (added > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(length + added, 2 * length)));
        }
        chunk.readBytes(bytes, length, added);
        length += added;
    }

    byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
