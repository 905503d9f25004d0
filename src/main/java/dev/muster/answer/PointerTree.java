package dev.muster.answer;

import dev.muster.template.JsonTokens;
import dev.muster.template.JsonValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// JSON pointers that go down a value together, so that it is read once, whatever their number, and never into a tree.
/// Of members of one name the last counts, as it does for most parsers.
///
/// @param <K> what tells the pointers apart
final class PointerTree<K> {

    private final Map<String, PointerTree<K>> further = new HashMap<>();
    private final List<K> ends = new ArrayList<>(1);

    /// Adds the pointer that has these [steps][Pointer#steps].
    void add(K key, List<String> steps) {
        PointerTree<K> at = this;
        for (String step : steps) {
            at = at.further.computeIfAbsent(step, _ -> new PointerTree<>());
        }
        at.ends.add(key);
    }

    /// The pointers that end here.
    List<K> ends() {
        return ends;
    }

    /// Those that go on by a member of this name, or an element of this index; `null` if none does.
    @Nullable
    PointerTree<K> further(String step) {
        return further.get(step);
    }

    /// What the pointers find in `json`, which is well-formed.
    Map<K, JsonValue> find(byte[] json) {
        Map<K, JsonValue> found = new HashMap<>();
        var tokens = new JsonTokens(json);
        find(json, tokens, Objects.requireNonNull(tokens.next()), found);
        return found;
    }

    private void find(byte[] json, JsonTokens tokens, JsonToken token, Map<K, JsonValue> found) {
        int start = tokens.start();
        if (further.isEmpty() || !token.isStructStart()) {
            tokens.skip();
        } else if (token == JsonToken.START_OBJECT) {
            while (tokens.next() != JsonToken.END_OBJECT) {
                String name = tokens.name();
                findFurther(name, json, tokens, Objects.requireNonNull(tokens.next()), found);
            }
        } else {
            JsonToken element = Objects.requireNonNull(tokens.next());
            for (int i = 0; element != JsonToken.END_ARRAY; i++) {
                findFurther(Integer.toString(i), json, tokens, element, found);
                element = Objects.requireNonNull(tokens.next());
            }
        }
        if (!ends.isEmpty()) {
            JsonValue value = JsonValue.within(json, start, tokens.end());
            ends.forEach(key -> found.put(key, value));
        }
    }

    private void findFurther(String step, byte[] json, JsonTokens tokens, JsonToken token, Map<K, JsonValue> found) {
        PointerTree<K> next = further(step);
        if (next == null) {
            tokens.skip();
        } else {
            next.find(json, tokens, token, found);
        }
    }
}
