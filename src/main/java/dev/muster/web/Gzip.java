package dev.muster.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Answers in gzip, for clients that ask for it.
///
/// Not left to the server, which would compress on the event loop. Fast rather than small: the processor's time is the
/// gateway's, and most of JSON's repetition is found at any level.
final class Gzip implements AutoCloseable {

    /// Below that, what is saved is less than a packet.
    static final int LEAST_BYTES = 1_024;

    private static final int BUFFER_BYTES = 8_192;

    private final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    private final Compressor compressor;
    private boolean closed;

    private Gzip() {
        try {
            compressor = new Compressor(compressed);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /// Whether a client that sends these values of `Accept-Encoding` takes gzip.
    static boolean isTakenBy(List<String> acceptEncoding) {
        boolean any = false;
        for (String value : acceptEncoding) {
            for (String coding : value.toLowerCase(Locale.ROOT).split(",", -1)) {
                String[] parts = coding.split(";", 2);
                String name = parts[0].strip();
                boolean taken = parts.length == 1 || weight(parts[1]) > 0;
                if (name.equals("gzip") || name.equals("x-gzip")) {
                    return taken;
                }
                any |= name.equals("*") && taken;
            }
        }
        return any;
    }

    private static double weight(String parameter) {
        String[] parts = parameter.split("=", 2);
        if (parts.length < 2 || !parts[0].strip().equals("q")) {
            return 0;
        }
        try {
            return Double.parseDouble(parts[1].strip());
        } catch (NumberFormatException unreadable) {
            return 0;
        }
    }

    /// A whole answer.
    static ByteBuffer compress(ByteBuffer body) {
        try (var gzip = new Gzip()) {
            gzip.write(body);
            return gzip.end();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    /// A stream, each piece of which can be read when it arrives.
    static Flux<Piece> compress(Flux<Piece> pieces) {
        return Flux.using(
                Gzip::new,
                gzip -> pieces.map(piece -> piece.as(gzip.piece(piece.bytes())))
                        .concatWith(Mono.fromSupplier(() -> new Piece(gzip.end(), null))),
                Gzip::close);
    }

    /// Of a client that has left while it was made, nothing.
    private synchronized ByteBuffer piece(ByteBuffer piece) {
        if (closed) {
            return ByteBuffer.allocate(0);
        }
        try {
            write(piece);
            compressor.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return taken();
    }

    private void write(ByteBuffer bytes) throws IOException {
        compressor.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    private synchronized ByteBuffer end() {
        close();
        return taken();
    }

    private ByteBuffer taken() {
        byte[] bytes = compressed.toByteArray();
        compressed.reset();
        return ByteBuffer.wrap(bytes);
    }

    /// Writes the end, and gives back the memory that is not the heap's.
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            try {
                compressor.close();
            } catch (IOException impossible) {
                throw new UncheckedIOException(impossible);
            }
        }
    }

    private static final class Compressor extends GZIPOutputStream {

        Compressor(OutputStream compressed) throws IOException {
            super(compressed, BUFFER_BYTES, true);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
