package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.ResultValues;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.template.JsonTokens;
import dev.muster.template.JsonValue;
import dev.muster.template.Pointer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import tools.jackson.core.JsonToken;

/// Reads values from results as [ResultWriter] writes them: what that hides is not there, and a body is what it says
/// that it is.
///
/// A body is read once, whatever the number of pointers, and never into a tree.
public final class ResultReader implements ResultValues {

    private final StrictJson strict;

    /// @param maxJsonDepth  most levels of an upstream's JSON that is carried as it came
    /// @param maxJsonDigits most digits of a number in it
    public ResultReader(int maxJsonDepth, int maxJsonDigits) {
        this.strict = new StrictJson(maxJsonDepth, maxJsonDigits);
    }

    @Override
    public Map<Pointer, JsonValue> of(CallOutcome outcome, UpstreamResponse response, Set<Pointer> pointers) {
        Map<Pointer, JsonValue> values = new HashMap<>();
        var body = new Node();
        boolean ofBody = false;
        for (Pointer pointer : pointers) {
            switch (pointer.steps().getFirst()) {
                case "status" -> values.put(pointer, JsonValue.of(response.status()));
                case "headers" -> readHeader(outcome, response, pointer, values);
                default -> {
                    body.add(pointer);
                    ofBody = true;
                }
            }
        }
        if (ofBody) {
            readBody(response, body, values);
        }
        return values;
    }

    private static void readHeader(
            CallOutcome outcome, UpstreamResponse response, Pointer pointer, Map<Pointer, JsonValue> values) {
        String name = pointer.steps().get(1);
        String index = pointer.steps().getLast();
        List<String> lines = response.headers().get(name);
        if (lines == null
                || outcome.call().rules().hiddenHeaders().contains(name)
                || ResultWriter.ofTheConnection(response.headers()).contains(name)) {
            return;
        }
        for (int i = 0; i < lines.size(); i++) {
            if (index.equals(Integer.toString(i))) {
                values.put(pointer, JsonValue.of(lines.get(i)));
            }
        }
    }

    private void readBody(UpstreamResponse response, Node node, Map<Pointer, JsonValue> values) {
        switch (ResponseBody.of(response.header("content-type"), response.body(), strict)) {
            case ResponseBody.Json(byte[] json) -> {
                var tokens = new JsonTokens(json);
                read(json, tokens, Objects.requireNonNull(tokens.next()), node, values);
            }
            case ResponseBody.Text(String text) ->
                node.pointers.forEach(pointer -> values.put(pointer, JsonValue.of(text)));
            case ResponseBody.None(), ResponseBody.Binary(byte[] _) -> {}
        }
    }

    private static void read(
            byte[] json, JsonTokens tokens, JsonToken token, Node node, Map<Pointer, JsonValue> values) {
        int start = tokens.start();
        if (node.below.isEmpty() || !token.isStructStart()) {
            tokens.skip();
        } else if (token == JsonToken.START_OBJECT) {
            while (tokens.next() != JsonToken.END_OBJECT) {
                String name = tokens.name();
                readElement(json, tokens, node, name, values);
            }
        } else {
            JsonToken element = Objects.requireNonNull(tokens.next());
            for (int i = 0; element != JsonToken.END_ARRAY; i++) {
                readElement(json, tokens, element, node, Integer.toString(i), values);
                element = Objects.requireNonNull(tokens.next());
            }
        }
        int end = tokens.end();
        node.pointers.forEach(pointer -> values.put(pointer, JsonValue.within(json, start, end)));
    }

    private static void readElement(
            byte[] json, JsonTokens tokens, Node node, String step, Map<Pointer, JsonValue> values) {
        readElement(json, tokens, Objects.requireNonNull(tokens.next()), node, step, values);
    }

    /// Of members of one name the first counts.
    private static void readElement(
            byte[] json, JsonTokens tokens, JsonToken token, Node node, String step, Map<Pointer, JsonValue> values) {
        Node below = node.below.remove(step);
        if (below == null) {
            tokens.skip();
        } else {
            read(json, tokens, token, below, values);
        }
    }

    /// A place that pointers lead to or through.
    private static final class Node {

        private final Map<String, Node> below = new HashMap<>();
        private final List<Pointer> pointers = new ArrayList<>(1);

        /// Adds the way behind `/body`.
        private void add(Pointer pointer) {
            Node at = this;
            for (String step : pointer.steps().subList(1, pointer.steps().size())) {
                at = at.below.computeIfAbsent(step, _ -> new Node());
            }
            at.pointers.add(pointer);
        }
    }
}
