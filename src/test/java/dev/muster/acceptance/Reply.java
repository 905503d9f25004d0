package dev.muster.acceptance;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// A batch's answer in one shape, whatever media type it came in.
///
/// @param text the whole body as it came
/// @param summary the batch without its results: of a JSON answer the document, or the problem's `batch`
/// @param results the slots in the order they were written
/// @param took from before the request was sent until the answer had been read
record Reply(
        Media media,
        int status,
        HttpHeaders headers,
        String text,
        JsonNode summary,
        List<JsonNode> results,
        Duration took) {

    String header(String name) {
        return headers.firstValue(name).orElse("absent");
    }

    String outcome() {
        return summary.path("outcome").asString("absent");
    }

    /// Every slot in a few words, in the order written: `price timed-out timeout`.
    List<String> slots() {
        return results.stream()
                .map(slot -> slot.path("id").asString("no id") + " " + describe(slot))
                .toList();
    }

    JsonNode slot(String id) {
        return results.stream()
                .filter(slot -> slot.path("id").asString("").equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no slot " + id + " in " + this));
    }

    JsonNode error(String id) {
        return slot(id).path("error");
    }

    /// What became of a call, in a few words: its outcome and, where there is one, its error's type.
    static String describe(JsonNode slot) {
        return String.join(
                " ",
                Stream.of(slot.path("outcome"), slot.path("error").path("type"))
                        .filter(JsonNode::isString)
                        .map(JsonNode::stringValue)
                        .toList());
    }

    /// For an assertion's message, so not the megabyte that a body may be.
    @Override
    public String toString() {
        return status + " " + text.substring(0, Math.min(text.length(), 2000));
    }

    /// The strings of an array of the summary, as `done` and `pending` are.
    List<String> names(String field) {
        return summary.path(field).valueStream().map(JsonNode::asString).toList();
    }
}
