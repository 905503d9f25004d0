package dev.muster.demo;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;

/// The body of a request, read to its end, of which no more than the first 1 MB is kept.
final class Received {

    private static final int MOST_KEPT = 1 << 20;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream(0);
    private long size;

    private Received() {}

    /// Every request is read to its end before it is answered: only then does the server notice a client that
    /// leaves.
    static Mono<Received> of(HttpServerRequest request) {
        return request.receive().collect(Received::new, Received::add);
    }

    /// The body's first bytes.
    byte[] kept() {
        return kept.toByteArray();
    }

    /// Bytes of the whole body.
    long size() {
        return size;
    }

    private void add(ByteBuf chunk) {
        size += chunk.readableBytes();
        try {
            chunk.readBytes(kept, Math.min(chunk.readableBytes(), MOST_KEPT - kept.size()));
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
