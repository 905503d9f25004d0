package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Result;
import dev.muster.strategy.BatchSummary;
import dev.muster.strategy.Verdict;
import java.io.OutputStream;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Writes batches as JSON: in UTF-8, without white space of its own.
public final class BatchWriter {

    private static final JsonFactory JSON = new JsonFactory();
    static final int BYTES_PER_BATCH = 512;
    private static final int BYTES_PER_RESULT = 400;
    private static final int MOST_AT_ONCE = 64 << 20;

    private final StrictJson strict;

    /// @param maxJsonDepth  most levels of an upstream's JSON that is carried as it came
    /// @param maxJsonDigits most digits of a number in it
    public BatchWriter(int maxJsonDepth, int maxJsonDigits) {
        this.strict = new StrictJson(maxJsonDepth, maxJsonDigits);
    }

    /// About how many bytes a document with these results has: a buffer of that size seldom has to grow.
    public static int expectedSize(List<CallOutcome> results) {
        long size = BYTES_PER_BATCH;
        for (CallOutcome outcome : results) {
            size += expectedSize(outcome);
        }
        return (int) Math.min(size, MOST_AT_ONCE);
    }

    /// About how many bytes one result has.
    static int expectedSize(Result result) {
        return result instanceof CallOutcome.Succeeded succeeded
                ? BYTES_PER_RESULT + succeeded.response().body().length
                : BYTES_PER_RESULT;
    }

    /// Writes the batch with its `results`, in the order given.
    public void writeBatch(OutputStream out, BatchSummary summary, List<CallOutcome> results) {
        writeDocument(out, json -> writeBatch(json, out, summary, results));
    }

    /// Writes a problem (RFC 9457) that has the batch with its `results` as the member `batch`.
    ///
    /// @param problem writes the problem's own members
    public void writeProblem(
            OutputStream out, Consumer<JsonGenerator> problem, BatchSummary summary, List<CallOutcome> results) {
        writeDocument(out, json -> {
            json.writeStartObject();
            problem.accept(json);
            json.writeName("batch");
            writeBatch(json, out, summary, results);
            json.writeEndObject();
        });
    }

    /// Writes one result, on one line.
    void writeResult(OutputStream out, Result result) {
        writeDocument(out, json -> new ResultWriter(json, out, strict, true).write(result));
    }

    /// Writes the batch without its results.
    static void writeSummary(OutputStream out, BatchSummary summary) {
        writeDocument(out, json -> {
            json.writeStartObject();
            writeSummaryFields(json, summary);
            json.writeEndObject();
        });
    }

    private static void writeDocument(OutputStream out, Consumer<JsonGenerator> document) {
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            document.accept(json);
        }
    }

    private void writeBatch(JsonGenerator json, OutputStream out, BatchSummary summary, List<CallOutcome> results) {
        var writer = new ResultWriter(json, out, strict, false);
        json.writeStartObject();
        switch (summary.plan().answer()) {
            case RESULTS -> {
                writeSummaryFields(json, summary);
                json.writeName("results");
                json.writeStartArray();
                results.forEach(writer::write);
                json.writeEndArray();
            }
            case BODIES -> {
                List<CallOutcome> inInputOrder = results.stream()
                        .sorted(Comparator.comparingInt(CallOutcome::index))
                        .toList();
                json.writeStringProperty("id", summary.plan().id().toString());
                json.writeStringProperty("outcome", summary.verdict().outcome().wireName());
                json.writeName("bodies");
                writer.writeBodies(inInputOrder);
                json.writeName("errors");
                writer.writeErrors(inInputOrder);
            }
        }
        json.writeEndObject();
    }

    private static void writeSummaryFields(JsonGenerator json, BatchSummary summary) {
        Verdict verdict = summary.verdict();
        json.writeStringProperty("id", summary.plan().id().toString());
        json.writeStringProperty("strategy", summary.plan().strategy().name().wireName());
        json.writeStringProperty("outcome", verdict.outcome().wireName());
        json.writeNumberProperty("elapsedMs", millis(summary.elapsedNanos()));
        json.writeName("counts");
        json.writeStartObject();
        json.writeNumberProperty("succeeded", summary.counts().succeeded());
        json.writeNumberProperty("failed", summary.counts().failed());
        json.writeNumberProperty("timedOut", summary.counts().timedOut());
        json.writeNumberProperty("rejected", summary.counts().rejected());
        json.writeNumberProperty("cancelled", summary.counts().cancelled());
        json.writeNumberProperty("pending", 0);
        json.writeEndObject();
        if (summary.lines() != null) {
            json.writeNumberProperty("lines", summary.lines());
        }
        if (verdict.winner() != null) {
            json.writeStringProperty("winner", verdict.winner());
        }
        writeIds(json, "done", verdict.done());
        writeIds(json, "pending", verdict.pending());
    }

    private static void writeIds(JsonGenerator json, String name, @Nullable List<String> ids) {
        if (ids != null) {
            json.writeName(name);
            json.writeStartArray();
            ids.forEach(json::writeString);
            json.writeEndArray();
        }
    }

    /// Milliseconds with one decimal, as every elapsed time is written.
    static double millis(long nanos) {
        return Math.round(nanos / 100_000.0) / 10.0;
    }
}
