package dev.muster.call;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/// Gathers a response body on the heap, within a limit.
final class BodyCollector {

    /// What a promised length is worth: more room is made only for bytes that have come.
    private static final int MOST_ON_CREDIT = 8_192;

    private final int limit;
    private final ByteBudget budget;
    private byte[] bytes;
    private int length;
    private boolean kept;

    /// @param limit    most bytes
    /// @param expected how many there will be, as far as known
    /// @param budget   what the batch may still take; it pays for every byte that comes
    BodyCollector(int limit, int expected, ByteBudget budget) {
        this.limit = limit;
        this.budget = budget;
        this.bytes = new byte[Math.clamp(expected, 0, Math.min(limit, MOST_ON_CREDIT))];
    }

    /// Copies `chunk`, which stays the caller's.
    ///
    /// @throws ResponseTooLargeException if the body gets longer than the limit or what is left for the batch
    void add(ByteBuf chunk) {
        int added = chunk.readableBytes();
        if (added > limit - length) {
            throw new ResponseTooLargeException("the response has more than %d bytes".formatted(limit));
        }
        budget.take(added);
        if (added > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.min(limit, Math.max(length + added, 2 * length)));
        }
        chunk.readBytes(bytes, length, added);
        length += added;
    }

    /// Notes that the body belongs to a response.
    void kept() {
        kept = true;
    }

    /// Gives back what the batch has paid, unless the body was kept.
    void end() {
        if (!kept) {
            budget.giveBack(length);
        }
    }

    byte[] toBytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
