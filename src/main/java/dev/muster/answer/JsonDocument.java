package dev.muster.answer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/// A document that is written once and then sent as it lies in memory, without a copy.
public final class JsonDocument extends ByteArrayOutputStream {

    /// @param expectedSize how many bytes it is likely to have
    public JsonDocument(int expectedSize) {
        super(expectedSize);
    }

    /// What was written. Nothing may be written afterwards.
    public ByteBuffer bytes() {
        return ByteBuffer.wrap(buf, 0, count);
    }
}
