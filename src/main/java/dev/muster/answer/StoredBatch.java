package dev.muster.answer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/// Puts documents together of what is kept of a batch, each part of which was written before. None of it is copied:
/// what is kept is counted once, however often it is asked for.
public final class StoredBatch {

    private static final int MOST_BYTES_OF_A_NUMBER = 32;

    private final List<ByteBuffer> pieces = new ArrayList<>();

    private StoredBatch() {}

    /// The batch without results, and until when it is kept.
    public static List<ByteBuffer> document(byte[] summary, Instant expiresAt) {
        return new StoredBatch()
                .open(summary)
                .text(",\"expiresAt\":\"%s\"}".formatted(expiresAt.truncatedTo(ChronoUnit.MILLIS)))
                .pieces;
    }

    /// The batch with its `results`, in the order given, as if it had not been kept.
    public static List<ByteBuffer> answer(byte[] summary, List<StoredResult> results) {
        return new StoredBatch().open(summary).results(results, false).text("}").pieces;
    }

    /// The same as the member `batch` of a `problem` (RFC 9457).
    public static List<ByteBuffer> problem(byte[] problem, byte[] summary, List<StoredResult> results) {
        var document = new StoredBatch().open(problem).text(",\"batch\":");
        document.open(summary).results(results, false);
        return document.text("}}").pieces;
    }

    /// The batch with some of its `results`, in the order given, each with its number.
    public static List<ByteBuffer> numbered(byte[] summary, List<StoredResult> results) {
        return new StoredBatch().open(summary).results(results, true).text("}").pieces;
    }

    /// As [#numbered], and after which number there may be more.
    public static List<ByteBuffer> page(byte[] summary, List<StoredResult> results, long next) {
        return new StoredBatch().open(summary).results(results, true).text(",\"next\":%d}".formatted(next)).pieces;
    }

    static int expectedSize(StoredResult result) {
        return result.json().length + MOST_BYTES_OF_A_NUMBER;
    }

    /// Writes a result with its number, if it has one, without line breaks: they stand in it only where an upstream's
    /// JSON has white space.
    static void writeOnOneLine(JsonDocument out, StoredResult result) {
        byte[] json = ResultWriter.withoutLineBreaks(result.json());
        out.writeBytes(numberOf(result));
        int open = result.seq() == 0 ? 0 : 1;
        out.write(json, open, json.length - open);
    }

    /// An object up to and with its number, or nothing where it has none.
    private static byte[] numberOf(StoredResult result) {
        return ascii(result.seq() == 0 ? "" : "{\"seq\":%d,".formatted(result.seq()));
    }

    /// All of an object but its end.
    private StoredBatch open(byte[] object) {
        pieces.add(ByteBuffer.wrap(object, 0, object.length - 1));
        return this;
    }

    private StoredBatch results(List<StoredResult> results, boolean numbered) {
        text(",\"results\":[");
        for (int i = 0; i < results.size(); i++) {
            StoredResult result = results.get(i);
            byte[] json = result.json();
            if (i > 0) {
                text(",");
            }
            if (numbered && result.seq() > 0) {
                pieces.add(ByteBuffer.wrap(numberOf(result)));
                pieces.add(ByteBuffer.wrap(json, 1, json.length - 1));
            } else {
                pieces.add(ByteBuffer.wrap(json));
            }
        }
        return text("]");
    }

    private StoredBatch text(String text) {
        pieces.add(ByteBuffer.wrap(ascii(text)));
        return this;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
