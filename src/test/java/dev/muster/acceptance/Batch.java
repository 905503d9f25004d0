package dev.muster.acceptance;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// A batch as a client writes it. Nothing is checked, so that faults can be written too.
record Batch(Map<String, Object> fields, List<Call> calls) {

    private static final JsonMapper JSON = new JsonMapper();

    static Batch of(String strategy, Call... calls) {
        return of(strategy, List.of(calls));
    }

    static Batch of(String strategy, List<Call> calls) {
        return new Batch(Map.of("strategy", strategy), calls);
    }

    static Batch gather(Call... calls) {
        return of("gather", calls);
    }

    static Batch asCompleted(Call... calls) {
        return of("as-completed", calls);
    }

    static Batch firstCompleted(Call... calls) {
        return of("first-completed", calls);
    }

    static Batch waitFor(Call... calls) {
        return of("wait", calls);
    }

    Batch with(String field, Object value) {
        var more = new LinkedHashMap<>(fields);
        more.put(field, value);
        return new Batch(more, calls);
    }

    Batch and(Call... more) {
        return new Batch(fields, Stream.concat(calls.stream(), Stream.of(more)).toList());
    }

    String json() {
        var document = new LinkedHashMap<>(fields);
        document.put("requests", calls.stream().map(Call::fields).toList());
        return JSON.writeValueAsString(document);
    }
}
