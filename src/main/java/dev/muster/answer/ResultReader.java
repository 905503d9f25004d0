package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.ResultValues;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.template.JsonValue;
import dev.muster.template.Pointer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads values from results as [ResultWriter] writes them: what that hides is not there, and a body is what it says
/// that it is.
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
        var body = new PointerTree<Pointer>();
        boolean ofBody = false;
        for (Pointer pointer : pointers) {
            switch (pointer.steps().getFirst()) {
                case "status" -> values.put(pointer, JsonValue.of(response.status()));
                case "headers" -> readHeader(outcome, response, pointer, values);
                default -> {
                    body.add(pointer, pointer.steps().subList(1, pointer.steps().size()));
                    ofBody = true;
                }
            }
        }
        if (ofBody) {
            readBody(ResponseBody.of(response, outcome.call().rules().pick(), strict), body, values);
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

    private static void readBody(ResponseBody body, PointerTree<Pointer> pointers, Map<Pointer, JsonValue> values) {
        switch (body) {
            case ResponseBody.Json(byte[] json) -> values.putAll(pointers.find(json));
            case ResponseBody.Text(String text) ->
                pointers.ends().forEach(pointer -> values.put(pointer, JsonValue.of(text)));
            case ResponseBody.None(), ResponseBody.Binary(byte[] _) -> {}
        }
    }
}
