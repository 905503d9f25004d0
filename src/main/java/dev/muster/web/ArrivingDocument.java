package dev.muster.web;

import dev.muster.admission.Upload;
import java.util.Arrays;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/// The bytes of a document as they arrive, each piece copied out of the connection's buffer at once: what clients send
/// slowly would otherwise fill the memory that all connections read into.
final class ArrivingDocument {

    private static final byte[] NONE = {};

    private final Upload upload;
    private final long most;
    private final long announced;
    private byte[] bytes = NONE;
    private int length;

    /// @param most      most bytes that it may have
    /// @param announced how many the client says it has, or -1
    ArrivingDocument(Upload upload, long most, long announced) {
        this.upload = upload;
        this.most = most;
        this.announced = announced;
    }

    /// Takes the next piece, and releases it.
    ///
    /// @return whether that is within the most bytes that it may have
    boolean add(DataBuffer piece) {
        try {
            int more = piece.readableByteCount();
            if (length + (long) more > most) {
                return false;
            }
            makeRoomFor(more);
            piece.read(bytes, length, more);
            length += more;
            return true;
        } finally {
            DataBufferUtils.release(piece);
        }
    }

    /// Memory is taken for what has arrived and as much again at the most, however much is announced.
    private void makeRoomFor(int more) {
        int needed = length + more;
        if (needed > bytes.length) {
            int capacity = (int) Math.min(length == 0 ? needed : Math.max(needed, 2L * bytes.length), most);
            if (announced >= needed) {
                capacity = (int) Math.min(capacity, announced);
            }
            upload.arrives(capacity - bytes.length);
            bytes = Arrays.copyOf(bytes, capacity);
        }
    }

    byte[] bytes() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }
}
