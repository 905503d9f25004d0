package dev.muster.answer;

import dev.muster.outcome.Result;
import dev.muster.strategy.BatchSummary;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A way to send a batch piece by piece: each result, then one summary.
public enum StreamFormat {

    /// Server-sent events: `result` and `summary`, numbered from 1.
    SSE {
        @Override
        public ByteBuffer result(BatchWriter writer, Result result, long number) {
            return event("result", number, data -> writer.writeResult(data, result), BatchWriter.expectedSize(result));
        }

        @Override
        public ByteBuffer summary(BatchSummary summary, long number) {
            return event(
                    "summary", number, data -> BatchWriter.writeSummary(data, summary), BatchWriter.BYTES_PER_BATCH);
        }

        @Override
        public ByteBuffer stored(StoredResult result) {
            String head = result.seq() == 0
                    ? "event: result\ndata: "
                    : "event: result\nid: %d\ndata: ".formatted(result.seq());
            return frame(
                    head, json -> StoredBatch.writeOnOneLine(json, result), "\n\n", StoredBatch.expectedSize(result));
        }

        @Override
        public ByteBuffer storedSummary(byte[] summary, long number) {
            return event("summary", number, data -> data.writeBytes(summary), summary.length);
        }

        private ByteBuffer event(String name, long number, Json data, int expectedSize) {
            return frame("event: %s\nid: %d\ndata: ".formatted(name, number), data, "\n\n", expectedSize);
        }
    },

    /// Lines of JSON: `{"result": …}`, then `{"summary": …}`.
    NDJSON {
        @Override
        public ByteBuffer result(BatchWriter writer, Result result, long number) {
            return frame(
                    "{\"result\":", json -> writer.writeResult(json, result), "}\n", BatchWriter.expectedSize(result));
        }

        @Override
        public ByteBuffer summary(BatchSummary summary, long number) {
            return frame(
                    "{\"summary\":",
                    json -> BatchWriter.writeSummary(json, summary),
                    "}\n",
                    BatchWriter.BYTES_PER_BATCH);
        }

        @Override
        public ByteBuffer stored(StoredResult result) {
            return frame(
                    "{\"result\":",
                    json -> StoredBatch.writeOnOneLine(json, result),
                    "}\n",
                    StoredBatch.expectedSize(result));
        }

        @Override
        public ByteBuffer storedSummary(byte[] summary, long number) {
            return frame("{\"summary\":", json -> json.writeBytes(summary), "}\n", summary.length);
        }
    };

    /// One result.
    ///
    /// @param writer writes it
    /// @param number its place in the stream, from 1
    public abstract ByteBuffer result(BatchWriter writer, Result result, long number);

    /// The summary that ends the stream.
    ///
    /// @param number its place in the stream
    public abstract ByteBuffer summary(BatchSummary summary, long number);

    /// One result of a batch that is kept, with its number.
    public abstract ByteBuffer stored(StoredResult result);

    /// The summary of a batch that is kept.
    ///
    /// @param number one above that of its last result
    public abstract ByteBuffer storedSummary(byte[] summary, long number);

    /// Something that writes JSON without line breaks.
    private interface Json {
        void writeTo(JsonDocument out);
    }

    /// @param expectedSize how many bytes the JSON is likely to have: a large one is not copied as it grows
    private static ByteBuffer frame(String before, Json json, String after, int expectedSize) {
        var out = new JsonDocument(before.length() + expectedSize + after.length());
        out.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
        json.writeTo(out);
        out.writeBytes(after.getBytes(StandardCharsets.US_ASCII));
        return out.bytes();
    }
}
