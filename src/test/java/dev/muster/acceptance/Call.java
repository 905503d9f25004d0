package dev.muster.acceptance;

import java.util.LinkedHashMap;
import java.util.Map;

/// A call as a client writes it into a batch. Nothing is checked, so that faults can be written too.
record Call(Map<String, Object> fields) {

    /// A call of the healthy service `up`.
    static Call up(String id, String path) {
        return to("up", path).with("id", id);
    }

    static Call to(String service, String path) {
        return new Call(Map.of()).with("service", service).with("path", path);
    }

    static Call url(String url) {
        return new Call(Map.of()).with("url", url);
    }

    Call with(String field, Object value) {
        var more = new LinkedHashMap<>(fields);
        more.put(field, value);
        return new Call(more);
    }
}
