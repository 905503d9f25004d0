package dev.muster.demo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import reactor.core.publisher.Flux;

/// The contents the simulator answers with. The large ones repeat one shared chunk: their size costs no memory.
final class Bodies {

    /// Valid JSON that a careless aggregator changes: an integer beyond 2^53, a trailing zero, a negative zero,
    /// keys out of order, an escaped slash, a letter both escaped and raw, a surrogate pair, odd spacing and line
    /// breaks.
    static final String JSON = """
            { "zulu" :"last letter, first key",
            \t"integer": 12345678901234567,
              "decimal":1.10 , "exponent": 1E3, "negativeZero":-0.0,
              "text": "caf\\u00e9 or café, \\"quoted\\", 1\\/2, \\uD834\\uDD1E, tab\\tend",
              "nested":{"list":[ 1,[ ], {} ,null,true ] , "empty" : "" },

              "alpha":  "first letter, last key"
            }
            """;

    static final String TEXT = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.";

    private static final int CHUNK = 1 << 14;
    private static final int MEGABYTE = 1 << 20;

    /// Bytes 0 to 255 over and over, shared by all answers and therefore never released.
    private static final ByteBuf PATTERN = pattern();

    private static final byte[] ZEROS = new byte[MEGABYTE];
    private static final byte[] DEFLATED_ZEROS = deflatedZeros();
    private static final byte[] GZIP_HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255};
    private static final byte[] EMPTY_LAST_BLOCK = {3, 0};

    private Bodies() {}

    /// `count` bytes whose byte `i` is `i % 256`.
    static Flux<ByteBuf> bytes(int count) {
        int chunks = (count + CHUNK - 1) / CHUNK;
        return Flux.range(0, chunks).map(chunk -> PATTERN.slice(0, Math.min(CHUNK, count - chunk * CHUNK)));
    }

    /// The same without an end.
    static Flux<ByteBuf> endless() {
        return Flux.generate(sink -> sink.next(PATTERN.duplicate()));
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream zipped = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
            gzip.write(content);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return zipped.toByteArray();
    }

    /// A gzip stream of about 1 kB for each of the megabytes of zeros that it inflates to: the same deflated
    /// megabyte over and over, so that a bomb costs its maker next to nothing.
    static Flux<ByteBuf> bomb(int megabytes) {
        return Flux.defer(() -> {
            CRC32 checksum = new CRC32();
            Flux<ByteBuf> zeros = Flux.range(0, megabytes).map(megabyte -> {
                checksum.update(ZEROS);
                return Unpooled.wrappedBuffer(DEFLATED_ZEROS);
            });
            return Flux.just(Unpooled.wrappedBuffer(GZIP_HEADER))
                    .concatWith(zeros)
                    .concatWith(Flux.defer(() -> Flux.just(gzipTrailer(checksum.getValue(), megabytes))));
        });
    }

    private static ByteBuf gzipTrailer(long checksum, int megabytes) {
        ByteBuffer trailer = ByteBuffer.allocate(EMPTY_LAST_BLOCK.length + 2 * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(EMPTY_LAST_BLOCK)
                .putInt((int) checksum)
                .putInt(megabytes * MEGABYTE);
        return Unpooled.wrappedBuffer(trailer.array());
    }

    /// A deflated megabyte that ends on a byte boundary and is not the last block, so that another can follow.
    private static byte[] deflatedZeros() {
        try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true)) {
            deflater.setInput(ZEROS);
            byte[] deflated = new byte[MEGABYTE / 100];
            return Arrays.copyOf(deflated, deflater.deflate(deflated, 0, deflated.length, Deflater.SYNC_FLUSH));
        }
    }

    private static ByteBuf pattern() {
        byte[] bytes = new byte[CHUNK];
        for (int i = 0; i < CHUNK; i++) {
            bytes[i] = (byte) i;
        }
        return Unpooled.unreleasableBuffer(Unpooled.directBuffer(CHUNK).writeBytes(bytes));
    }
}
