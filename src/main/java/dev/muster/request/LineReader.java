package dev.muster.request;

import dev.muster.template.Syntax;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the lines of one batch without end as they arrive, whatever the pieces that they arrive in.
///
/// It is not thread-safe: one piece is read after the other.
public final class LineReader {

    /// Most bytes of a line, without its end.
    public static final int MOST_BYTES = 64 << 10;

    private static final byte[] NONE = {};

    private final LineFormat format;
    private final Set<String> services;
    /// The beginning of a line whose end has not come yet.
    private byte[] begun = NONE;

    /// Whether that line is too long, so that what comes of it is not kept.
    private boolean tooLong;

    private long lines;
    private int calls;

    /// @param services the names that a call's `service` may have
    public LineReader(LineFormat format, Set<String> services) {
        this.format = format;
        this.services = services;
    }

    /// The lines that `piece` ends, each read when it is asked for; all of them are to be, before the next piece is
    /// read.
    public Iterable<InputLine> read(byte[] piece) {
        return () -> new Lines(piece);
    }

    /// The last line, if it has no end.
    public List<InputLine> end() {
        if (begun.length == 0 && !tooLong) {
            return List.of();
        }
        return List.of(line(NONE, 0, 0));
    }

    private final class Lines implements Iterator<InputLine> {

        private final byte[] piece;
        private int at;
        /// Where the next line ends, or -1 if that has not come.
        private int end;

        private Lines(byte[] piece) {
            this.piece = piece;
            this.end = indexOfEnd();
        }

        private int indexOfEnd() {
            for (int i = at; i < piece.length; i++) {
                if (piece[i] == '\n') {
                    return i;
                }
            }
            keep(piece, at, piece.length);
            return -1;
        }

        @Override
        public boolean hasNext() {
            return end >= 0;
        }

        @Override
        public InputLine next() {
            if (end < 0) {
                throw new NoSuchElementException();
            }
            InputLine line = line(piece, at, end);
            at = end + 1;
            end = indexOfEnd();
            return line;
        }
    }

    private void keep(byte[] piece, int from, int to) {
        if (tooLong || begun.length + (to - from) > MOST_BYTES) {
            tooLong = true;
            begun = NONE;
        } else if (to > from) {
            int length = begun.length;
            begun = Arrays.copyOf(begun, length + (to - from));
            System.arraycopy(piece, from, begun, length, to - from);
        }
    }

    /// The line that has begun and ends with these bytes.
    private InputLine line(byte[] piece, int from, int to) {
        keep(piece, from, to);
        byte[] bytes = withoutMarks(begun);
        boolean isTooLong = tooLong;
        begun = NONE;
        tooLong = false;
        lines++;
        if (isTooLong) {
            return invalid(List.of(new Fault("#", "a line has at most %d bytes".formatted(MOST_BYTES))));
        }
        if (isSilent(bytes)) {
            return new InputLine.Silent(lines);
        }
        var memory = new Counted();
        try {
            CallRequest request = format == LineFormat.NDJSON
                    ? BatchReader.readCall(bytes, calls, services, memory)
                    : url(bytes, memory);
            return new InputLine.Call(lines, calls++, request, memory.bytes);
        } catch (InvalidBatchException invalid) {
            return invalid(invalid.faults());
        }
    }

    private InputLine invalid(List<Fault> faults) {
        return new InputLine.Invalid(lines, calls++, faults);
    }

    /// Without what some systems put before the first line and at the end of each.
    private byte[] withoutMarks(byte[] line) {
        int from = lines == 0 && BatchReader.hasByteOrderMark(line) ? 3 : 0;
        int to = line.length > from && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
        return from == 0 && to == line.length ? line : Arrays.copyOfRange(line, from, to);
    }

    private boolean isSilent(byte[] line) {
        for (byte b : line) {
            if (b != ' ' && b != '\t') {
                return format == LineFormat.URI_LIST && b == '#';
            }
        }
        return true;
    }

    private CallRequest url(byte[] line, DocumentMemory memory) {
        var faults = new Faults(memory);
        String text = text(line);
        if (text == null) {
            faults.add("#", "must be UTF-8");
        } else if (Syntax.OF_CALLS.isTemplate(text)) {
            faults.add("#", CallReader.STANDS_ALONE);
        } else {
            Target.Url url = CallReader.url(text.strip(), memory, detail -> faults.add("#", detail));
            if (url != null) {
                return CallReader.get(url, calls);
            }
        }
        throw faults.asException();
    }

    private static @Nullable String text(byte[] line) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(line))
                    .toString();
        } catch (CharacterCodingException invalid) {
            return null;
        }
    }

    private static final class Counted implements DocumentMemory {

        private long bytes;

        @Override
        public void take(long more) {
            bytes += more;
        }
    }
}
