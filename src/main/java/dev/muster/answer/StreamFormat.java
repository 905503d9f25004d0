package dev.muster.answer;

import dev.muster.outcome.Result;
import dev.muster.strategy.BatchSummary;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/// A way to send a batch piece by piece: each result, then one summary.
public enum StreamFormat {

    /// Server-sent events: `result` and `summary`, numbered from 1.
    SSE {
        @Override
        public byte[] result(BatchWriter writer, Result result, long number) {
            return event("result", number, data -> writer.writeResult(data, result));
        }

        @Override
        public byte[] summary(BatchSummary summary, long number) {
            return event("summary", number, data -> BatchWriter.writeSummary(data, summary));
        }

        private byte[] event(String name, long number, Json data) {
            return frame("event: %s\nid: %d\ndata: ".formatted(name, number), data, "\n\n");
        }
    },

    /// Lines of JSON: `{"result": …}`, then `{"summary": …}`.
    NDJSON {
        @Override
        public byte[] result(BatchWriter writer, Result result, long number) {
            return frame("{\"result\":", json -> writer.writeResult(json, result), "}\n");
        }

        @Override
        public byte[] summary(BatchSummary summary, long number) {
            return frame("{\"summary\":", json -> BatchWriter.writeSummary(json, summary), "}\n");
        }
    };

    /// One result.
    ///
    /// @param writer writes it
    /// @param number its place in the stream, from 1
    public abstract byte[] result(BatchWriter writer, Result result, long number);

    /// The summary that ends the stream.
    ///
    /// @param number its place in the stream
    public abstract byte[] summary(BatchSummary summary, long number);

    /// Something that writes JSON without line breaks.
    private interface Json {
        void writeTo(ByteArrayOutputStream out);
    }

    private static byte[] frame(String before, Json json, String after) {
        var out = new ByteArrayOutputStream(512);
        out.writeBytes(before.getBytes(StandardCharsets.US_ASCII));
        json.writeTo(out);
        out.writeBytes(after.getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }
}
