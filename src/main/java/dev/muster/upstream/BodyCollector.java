package dev.muster.upstream;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/// Gathers a response body on the heap, within a limit.
final class BodyCollector {

    /// What a promised length is worth: more room is made only for bytes that have come.
    private static final int MOST_ON_CREDIT = 8_192;

    private final int limit;
    private final ResponseBytes paid;
    private byte[] bytes;
    private int length;

    /// @param limit    most bytes
    /// @param expected how many there will be, as far as known
    /// @param paid     pays for every byte that comes
    BodyCollector(int limit, int expected, ResponseBytes paid) {
        this.limit = limit;
        this.paid = paid;
        this.bytes = new byte[Math.clamp(expected, 0, Math.min(limit, MOST_ON_CREDIT))];
    }

    /// Copies `chunk`, which stays the caller's.
    ///
    /// @throws ResponseTooLargeException if the body gets longer than the limit or what is left for the batch
    /// @throws OwnLimitException         if the heap has no room for it
    void add(ByteBuf chunk) {
        int added = chunk.readableBytes();
        if (added > limit - length) {
            throw new ResponseTooLargeException("the response has more than %d bytes".formatted(limit));
        }
        paid.body(added);
        try {
            if (added > bytes.length - length) {
                bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(length + added, 2 * length)));
            }
        } catch (OutOfMemoryError full) {
            throw new OwnLimitException(full);
        }
        chunk.readBytes(bytes, length, added);
        length += added;
    }

    byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
