package dev.muster.request;

import dev.muster.template.Pointer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Reads a call's `pick`.
final class PickReader {

    private static final String NO_POINTER = "must be a JSON pointer such as /data/items";

    /// A name on the heap, besides its characters, and its entry.
    private static final int BYTES_PER_NAME = 128;

    private PickReader() {}

    /// Reads it, or notes its faults and answers `null`.
    static @Nullable Pick read(FieldReader reader) {
        if (reader.leftOut()) {
            return null;
        }
        if (reader.at(JsonToken.START_ARRAY)) {
            List<String> pointers = new ArrayList<>();
            reader.array(FieldReader.MOST_ELEMENTS, () -> {
                String pointer = pointer(reader);
                if (pointer != null) {
                    pointers.add(pointer);
                }
            });
            return new Pick.Members(List.copyOf(pointers));
        }
        if (reader.at(JsonToken.START_OBJECT)) {
            Map<String, String> pointers = new LinkedHashMap<>();
            reader.object(name -> {
                String pointer = pointer(reader);
                if (pointer != null) {
                    reader.keep(BYTES_PER_NAME + 2L * name.length());
                    pointers.put(name, pointer);
                }
                return true;
            });
            return new Pick.Renamed(pointers);
        }
        if (reader.at(JsonToken.VALUE_STRING)) {
            String pointer = pointer(reader);
            return pointer == null ? null : new Pick.At(pointer);
        }
        reader.fault("must be a JSON pointer, a list of them, or an object of names to them");
        reader.skip();
        return null;
    }

    private static @Nullable String pointer(FieldReader reader) {
        if (!reader.at(JsonToken.VALUE_STRING)) {
            reader.fault(NO_POINTER);
            reader.skip();
            return null;
        }
        return reader.string(given -> Pointer.parse(given) == null ? NO_POINTER : null);
    }
}
