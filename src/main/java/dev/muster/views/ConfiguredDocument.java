package dev.muster.views;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Writes what is configured as the JSON document that a caller would send.
final class ConfiguredDocument {

    private static final JsonFactory JSON = new JsonFactory();
    private static final Pattern LITERAL = Pattern.compile("true|false|-?[0-9]{1,9}");

    /// Sources such as the environment know nothing but text.
    private static final Set<String> NO_TEXT = Set.of("concurrency", "minSuccess", "required", "redirects");

    private final JsonGenerator json;

    private ConfiguredDocument(JsonGenerator json) {
        this.json = json;
    }

    /// @param document of maps, in which a list is one with the names 0, 1 and so on, and of scalars
    static byte[] toJson(Map<String, Object> document) {
        var out = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            new ConfiguredDocument(json).write("", document, true);
        }
        return out.toByteArray();
    }

    /// @param name of the member whose value it is
    /// @param ours whether the names in it are those of a batch
    private void write(String name, Object value, boolean ours) {
        switch (value) {
            case Map<?, ?> map
            when isList(map) -> {
                json.writeStartArray();
                for (int i = 0; i < map.size(); i++) {
                    write("", element(map, i), ours);
                }
                json.writeEndArray();
            }
            case Map<?, ?> map -> {
                json.writeStartObject();
                map.forEach((member, below) -> {
                    String key = String.valueOf(member);
                    json.writeName(key);
                    write(key, below, ours && !key.equals("body") && !key.equals("headers"));
                });
                json.writeEndObject();
            }
            case Boolean truth -> json.writeBoolean(truth);
            case Number number -> json.writeNumber(number.toString());
            default -> {
                String text = value.toString();
                if (ours && NO_TEXT.contains(name) && LITERAL.matcher(text).matches()) {
                    json.writeRawValue(text);
                } else {
                    json.writeString(text);
                }
            }
        }
    }

    private static Object element(Map<?, ?> list, int index) {
        Object element = list.get(Integer.toString(index));
        return element == null ? "" : element;
    }

    private static boolean isList(Map<?, ?> map) {
        for (int i = 0; i < map.size(); i++) {
            if (!map.containsKey(Integer.toString(i))) {
                return false;
            }
        }
        return !map.isEmpty();
    }
}
