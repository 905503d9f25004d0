package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Result;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.strategy.BatchSummary;
import dev.muster.strategy.Verdict;
import java.io.ByteArrayOutputStream;
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

    /// One result as it stands in a document.
    public byte[] result(Result result) {
        var out = new ByteArrayOutputStream(expectedSize(result));
        writeDocument(out, json -> new ResultWriter(json, out, strict, false).write(result));
        return out.toByteArray();
    }

    /// What stands for the result of `call`, which has none yet.
    public byte[] pending(CallPlan call, Trace trace) {
        var out = new ByteArrayOutputStream(BYTES_PER_RESULT);
        writeDocument(out, json -> new ResultWriter(json, out, strict, false).writePending(call, trace));
        return out.toByteArray();
    }

    /// The batch without its results.
    public static byte[] summary(BatchSummary summary) {
        var out = new ByteArrayOutputStream(BYTES_PER_BATCH);
        writeSummary(out, summary);
        return out.toByteArray();
    }

    /// The same of a batch that runs.
    ///
    /// @param done of one that has returned, the ids of its calls that have landed
    /// @param open of one that has returned, the ids of the others
    public static byte[] running(Progress progress, @Nullable List<String> done, @Nullable List<String> open) {
        var out = new ByteArrayOutputStream(BYTES_PER_BATCH);
        writeDocument(out, json -> {
            json.writeStartObject();
            writeProgress(json, progress);
            writeIds(json, "done", done);
            writeIds(json, "pending", open);
            json.writeEndObject();
        });
        return out.toByteArray();
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
        writeProgress(
                json,
                new Progress(
                        summary.plan().id(),
                        summary.plan().strategy().name(),
                        verdict.outcome(),
                        summary.elapsedNanos(),
                        summary.counts(),
                        0));
        if (summary.lines() != null) {
            json.writeNumberProperty("lines", summary.lines());
        }
        if (verdict.winner() != null) {
            json.writeStringProperty("winner", verdict.winner());
        }
        writeIds(json, "done", verdict.done());
        writeIds(json, "pending", verdict.pending());
    }

    private static void writeProgress(JsonGenerator json, Progress progress) {
        BatchSummary.Counts counts = progress.counts();
        json.writeStringProperty("id", progress.id().toString());
        json.writeStringProperty("strategy", progress.strategy().wireName());
        json.writeStringProperty("outcome", progress.outcome().wireName());
        json.writeNumberProperty("elapsedMs", millis(progress.elapsedNanos()));
        json.writeName("counts");
        json.writeStartObject();
        json.writeNumberProperty("succeeded", counts.succeeded());
        json.writeNumberProperty("failed", counts.failed());
        json.writeNumberProperty("timedOut", counts.timedOut());
        json.writeNumberProperty("rejected", counts.rejected());
        json.writeNumberProperty("cancelled", counts.cancelled());
        json.writeNumberProperty("pending", progress.pending());
        json.writeEndObject();
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
