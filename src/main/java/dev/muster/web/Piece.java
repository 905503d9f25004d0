package dev.muster.web;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A part of a stream, which is flushed on its own.
///
/// @param left called when it has been written to the client, or never will be; absent where nobody needs to know
record Piece(ByteBuffer bytes, @Nullable Runnable left) {

    /// The same, written as `encoded`.
    Piece as(ByteBuffer encoded) {
        return new Piece(encoded, left);
    }

    /// Its bytes, which whoever takes them is to release.
    ByteBuf buffer(ByteBufAllocator memory) {
        return left == null ? Unpooled.wrappedBuffer(bytes) : new Telling(memory, bytes, left);
    }

    /// A buffer that tells when it has been released. Its memory is direct: what lies on the heap, Netty copies, and
    /// releases before it is written.
    private static final class Telling extends CompositeByteBuf {

        private final Runnable released;

        private Telling(ByteBufAllocator memory, ByteBuffer bytes, Runnable released) {
            super(memory, true, 1);
            this.released = released;
            addComponent(true, memory.directBuffer(bytes.remaining()).writeBytes(bytes));
        }

        @Override
        protected void deallocate() {
            super.deallocate();
            released.run();
        }
    }
}
