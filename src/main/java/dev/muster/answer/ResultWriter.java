package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Phase;
import dev.muster.outcome.Result;
import dev.muster.outcome.Source;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.request.Fault;
import dev.muster.request.Pick;
import dev.muster.request.WireName;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Writes results into a JSON document.
///
/// An upstream's JSON is spliced in as it came, never read into a tree: that keeps every digit and every key, and costs
/// a fraction.
final class ResultWriter {

    /// They speak of the connection between Muster and the upstream.
    private static final Set<String> HOP_BY_HOP = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    private final JsonGenerator json;
    private final OutputStream out;
    private final StrictJson strict;
    private final boolean onOneLine;

    /// @param json      writes to `out`
    /// @param strict    tells which JSON of upstreams is spliced in
    /// @param onOneLine whether line breaks in an upstream's JSON, only ever white space there, become spaces
    ResultWriter(JsonGenerator json, OutputStream out, StrictJson strict, boolean onOneLine) {
        this.json = json;
        this.out = out;
        this.strict = strict;
        this.onOneLine = onOneLine;
    }

    void write(Result result) {
        json.writeStartObject();
        json.writeStringProperty("id", result.id());
        json.writeNumberProperty("index", result.index());
        switch (result) {
            case CallOutcome outcome -> write(outcome);
            case InvalidCall invalid -> write(invalid);
        }
        json.writeEndObject();
    }

    /// What stands for the result of a call that has none yet.
    void writePending(CallPlan call, Trace trace) {
        json.writeStartObject();
        json.writeStringProperty("id", call.id());
        json.writeNumberProperty("index", call.index());
        json.writeStringProperty("url", call.destination().url());
        writeOutcome("pending");
        writeTrace(trace);
        json.writeEndObject();
    }

    private void write(InvalidCall invalid) {
        json.writeNumberProperty("line", invalid.line());
        writeOutcome("rejected");
        writeTrace(Trace.NONE);
        json.writeName("error");
        json.writeStartObject();
        json.writeStringProperty("type", InvalidCall.TYPE);
        json.writeBooleanProperty("sent", false);
        json.writeStringProperty("detail", "the line is no valid call");
        json.writeName("errors");
        json.writeStartArray();
        for (Fault fault : invalid.faults()) {
            json.writeStartObject();
            json.writeStringProperty("pointer", fault.pointer());
            json.writeStringProperty("detail", fault.detail());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private void write(CallOutcome outcome) {
        json.writeStringProperty("url", outcome.call().destination().url());
        switch (outcome) {
            case CallOutcome.Succeeded(var _, Trace trace, UpstreamResponse response) -> {
                writeOutcome("succeeded");
                writeSource(response);
                writeResponse(outcome.call(), response, outcome.call().rules().pick());
                writeTrace(trace);
            }
            case CallOutcome.FellBack(var _, Trace trace, UpstreamResponse response, CallOutcome replaced) -> {
                writeOutcome("succeeded");
                json.writeStringProperty("source", "fallback");
                writeResponse(outcome.call(), response, outcome.call().rules().pick());
                writeTrace(trace);
                writeError(replaced);
            }
            case CallOutcome.Failed failed -> {
                writeOutcome("failed");
                if (failed.response() != null) {
                    writeSource(failed.response());
                    writeResponse(failed.call(), failed.response(), null);
                }
                writeTrace(failed.trace());
                writeError(failed);
            }
            case CallOutcome.TimedOut timedOut -> {
                writeOutcome("timed-out");
                writeTrace(timedOut.trace());
                writeError(timedOut);
            }
            case CallOutcome.Rejected rejected -> {
                writeOutcome("rejected");
                writeTrace(rejected.trace());
                writeError(rejected);
            }
            case CallOutcome.Cancelled cancelled -> {
                writeOutcome("cancelled");
                writeTrace(cancelled.trace());
                writeError(cancelled);
            }
        }
    }

    private void writeError(CallOutcome outcome) {
        json.writeName("error");
        writeErrorObject(outcome);
    }

    private void writeErrorObject(CallOutcome outcome) {
        switch (outcome) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> {}
            case CallOutcome.Failed failed -> writeError(failed.type(), failed.trace(), failed.detail());
            case CallOutcome.TimedOut timedOut -> writeTimeout(timedOut);
            case CallOutcome.Rejected rejected -> writeError(rejected.type(), rejected.trace(), rejected.detail());
            case CallOutcome.Cancelled cancelled ->
                writeError(cancelled.reason(), cancelled.trace(), describe(cancelled));
        }
    }

    private void writeOutcome(String outcome) {
        json.writeStringProperty("outcome", outcome);
    }

    private void writeSource(UpstreamResponse response) {
        if (response.source() == Source.CACHE) {
            json.writeStringProperty("source", "cache");
        }
    }

    private void writeTrace(Trace trace) {
        json.writeNumberProperty("elapsedMs", BatchWriter.millis(trace.elapsedNanos()));
        json.writeNumberProperty("attempts", trace.attempts());
        if (!trace.redirects().isEmpty()) {
            json.writeName("redirects");
            json.writeStartArray();
            trace.redirects().forEach(json::writeString);
            json.writeEndArray();
        }
    }

    private void writeError(WireName type, Trace trace, String detail) {
        json.writeStartObject();
        json.writeStringProperty("type", type.wireName());
        json.writeBooleanProperty("sent", trace.sent());
        json.writeStringProperty("detail", detail);
        json.writeEndObject();
    }

    private void writeTimeout(CallOutcome.TimedOut timedOut) {
        Duration budget = timedOut.passed().budget();
        json.writeStartObject();
        json.writeStringProperty("type", "timeout");
        json.writeStringProperty("layer", timedOut.passed().layer().wireName());
        json.writeStringProperty("phase", timedOut.phase().wireName());
        json.writeNumberProperty("budgetMs", budget.toMillis());
        json.writeBooleanProperty("sent", timedOut.trace().sent());
        json.writeStringProperty("detail", "%s within %d ms".formatted(missing(timedOut.phase()), budget.toMillis()));
        json.writeEndObject();
    }

    private static String missing(Phase phase) {
        return switch (phase) {
            case ACQUIRE -> "no slot or connection";
            case CONNECT -> "not connected";
            case RESPONSE -> "no response";
            case BODY -> "no complete response";
        };
    }

    private static String describe(CallOutcome.Cancelled cancelled) {
        return switch (cancelled.reason()) {
            case SIBLING_FAILED -> "a sibling did not succeed";
            case WINNER_FOUND -> "another call won";
            case QUORUM_REACHED -> "enough calls succeeded";
            case DEADLINE -> "not done when the batch returned";
            case CLIENT_CANCELLED -> "the client went away, or cancelled the batch";
            case SHUTDOWN -> "the gateway is stopping";
        };
    }

    /// @param pick what of a JSON body is kept, or `null` for all of it
    private void writeResponse(CallPlan call, UpstreamResponse response, @Nullable Pick pick) {
        json.writeNumberProperty("status", response.status());
        writeHeaders(response.headers(), call.rules().hiddenHeaders());
        switch (ResponseBody.of(response, pick, strict)) {
            case ResponseBody.None() -> {}
            case ResponseBody.Json(byte[] bytes) -> {
                json.writeName("body");
                splice(bytes);
            }
            case ResponseBody.Text(String text) -> json.writeStringProperty("body", text);
            case ResponseBody.Binary(byte[] bytes) -> json.writeBinaryProperty("bodyBase64", bytes);
        }
    }

    /// Writes what a merged document has of those that succeeded: each body by the id of its call, or `null` where
    /// there is none.
    void writeBodies(List<CallOutcome> outcomes) {
        json.writeStartObject();
        for (CallOutcome outcome : outcomes) {
            switch (outcome) {
                case CallOutcome.Succeeded(var call, var _, UpstreamResponse response) -> writeBody(call, response);
                case CallOutcome.FellBack(var call, var _, UpstreamResponse response, var _) ->
                    writeBody(call, response);
                case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _, CallOutcome.Cancelled _ -> {}
            }
        }
        json.writeEndObject();
    }

    private void writeBody(CallPlan call, UpstreamResponse response) {
        json.writeName(call.id());
        switch (ResponseBody.of(response, call.rules().pick(), strict)) {
            case ResponseBody.None() -> json.writeNull();
            case ResponseBody.Json(byte[] bytes) -> splice(bytes);
            case ResponseBody.Text(String text) -> json.writeString(text);
            case ResponseBody.Binary(byte[] bytes) -> json.writeBinary(bytes);
        }
    }

    /// Writes what it has of those that did not succeed, also where something stands in: each error by the id of its
    /// call.
    void writeErrors(List<CallOutcome> outcomes) {
        json.writeStartObject();
        for (CallOutcome outcome : outcomes) {
            switch (outcome) {
                case CallOutcome.Succeeded _ -> {}
                case CallOutcome.FellBack fallback -> {
                    json.writeName(outcome.id());
                    writeErrorObject(fallback.replaced());
                }
                case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _, CallOutcome.Cancelled _ -> {
                    json.writeName(outcome.id());
                    writeErrorObject(outcome);
                }
            }
        }
        json.writeEndObject();
    }

    private void writeHeaders(Map<String, List<String>> headers, Set<String> hidden) {
        json.writeName("headers");
        json.writeStartObject();
        Set<String> left = ofTheConnection(headers);
        headers.forEach((name, values) -> {
            if (!left.contains(name) && !hidden.contains(name)) {
                json.writeName(name);
                json.writeStartArray();
                values.forEach(json::writeString);
                json.writeEndArray();
            }
        });
        json.writeEndObject();
    }

    /// What speaks of the connection, also by the upstream's own word (RFC 9110, section 7.6.1).
    static Set<String> ofTheConnection(Map<String, List<String>> headers) {
        String options = String.join(",", headers.getOrDefault("connection", List.of()));
        if (options.isEmpty() || options.equalsIgnoreCase("keep-alive") || options.equalsIgnoreCase("close")) {
            return HOP_BY_HOP;
        }
        Set<String> names = new HashSet<>(HOP_BY_HOP);
        for (String name : options.split(",", -1)) {
            names.add(name.strip().toLowerCase(Locale.ROOT));
        }
        return names;
    }

    private void splice(byte[] bytes) {
        // The generator takes no raw bytes: it notes that a value is here, and the bytes go past it.
        json.writeRawValue("");
        json.flush();
        try {
            out.write(onOneLine ? withoutLineBreaks(bytes) : bytes);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }

    static byte[] withoutLineBreaks(byte[] bytes) {
        byte[] line = bytes.clone();
        for (int i = 0; i < line.length; i++) {
            if (line[i] == '\n' || line[i] == '\r') {
                line[i] = ' ';
            }
        }
        return line;
    }
}
