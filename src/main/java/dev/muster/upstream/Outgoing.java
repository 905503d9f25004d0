package dev.muster.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.stream.ChunkedInput;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.netty.NettyOutbound;
import reactor.netty.NettyPipeline;

/// The body of a request on its way into the memory that sockets are written from, which is scarcer than the heap.
///
/// A short one is there before its call counts as sent, so that a call for which there is no memory never is. A long
/// one goes in pieces as fast as the upstream takes them: as a whole, those of a few slow upstreams would fill that
/// memory.
///
/// An upstream that answers early may end the connection with the rest of a long one on its way. What it has answered
/// is there to be read after that. Netty would close the connection with the first piece that cannot be written; here
/// that ends neither connection nor exchange, which is left to what is read.
final class Outgoing {

    private static final int PIECE = 16 * 1024;
    private static final int SHORT = 4 * PIECE;
    private static final String PIECES = "muster.pieces";

    private final byte[] bytes;
    private final ChannelConfig connection;
    private final @Nullable ByteBuf whole;

    private Outgoing(byte[] bytes, ChannelConfig connection, @Nullable ByteBuf whole) {
        this.bytes = bytes;
        this.connection = connection;
        this.whole = whole;
    }

    /// @throws OwnLimitException if there is no memory for it
    static Outgoing of(byte[] bytes, Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        boolean inPieces = bytes.length > SHORT && pipeline.get(NettyPipeline.HttpCodec) instanceof HttpClientCodec;
        if (!inPieces) {
            return new Outgoing(bytes, channel.config(), copy(channel.alloc(), bytes, 0, bytes.length));
        }
        if (pipeline.get(PIECES) == null) {
            pipeline.addAfter(NettyPipeline.HttpCodec, PIECES, new ChunkedWriteHandler());
        }
        return new Outgoing(bytes, channel.config(), null);
    }

    Publisher<Void> through(NettyOutbound outbound) {
        return whole == null ? inPieces(outbound) : outbound.send(Mono.just(whole));
    }

    private Mono<Void> inPieces(NettyOutbound outbound) {
        return Mono.from(outbound.sendObject(new Pieces(bytes)))
                .doOnSubscribe(_ -> connection.setAutoClose(false))
                .doOnSuccess(_ -> connection.setAutoClose(true))
                .onErrorResume(IOException.class, _ -> Mono.never());
    }

    /// To be called if it is not sent.
    void release() {
        if (whole != null) {
            whole.release();
        }
    }

    private static ByteBuf copy(ByteBufAllocator allocator, byte[] bytes, int start, int length) {
        try {
            return allocator.directBuffer(length).writeBytes(bytes, start, length);
        } catch (OutOfMemoryError full) {
            throw new OwnLimitException(full);
        }
    }

    private static final class Pieces implements ChunkedInput<ByteBuf> {

        private final byte[] bytes;
        private int position;

        Pieces(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public boolean isEndOfInput() {
            return position == bytes.length;
        }

        @Override
        public void close() {}

        /// Netty still asks implementations for it.
        @Override
        @SuppressWarnings("deprecation")
        public @Nullable ByteBuf readChunk(ChannelHandlerContext context) {
            return readChunk(context.alloc());
        }

        @Override
        public @Nullable ByteBuf readChunk(ByteBufAllocator allocator) {
            int length = Math.min(PIECE, bytes.length - position);
            if (length == 0) {
                return null;
            }
            ByteBuf piece = copy(allocator, bytes, position, length);
            position += length;
            return piece;
        }

        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public long progress() {
            return position;
        }
    }
}
