package dev.muster.answer;

import dev.muster.request.Pick;
import dev.muster.template.JsonTokens;
import dev.muster.template.JsonValue;
import dev.muster.template.Pointer;
import java.io.ByteArrayOutputStream;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Takes parts out of a JSON body, byte for byte.
final class PickedBody {

    private static final JsonFactory JSON = new JsonFactory();

    private final byte[] body;
    private final JsonTokens tokens;
    private final Output out;

    private PickedBody(byte[] body) {
        this.body = body;
        this.tokens = new JsonTokens(body);
        this.out = new Output(body.length);
    }

    /// What `pick` keeps of `body`, or `null` if that is nothing at all.
    ///
    /// @param body well-formed
    static byte @Nullable [] of(byte[] body, Pick pick) {
        return switch (pick) {
            case Pick.At(String pointer) -> at(body, pointer);
            case Pick.Members(var pointers) -> new PickedBody(body).members(tree(pointers));
            case Pick.Renamed(Map<String, String> pointers) -> renamed(body, pointers);
        };
    }

    private static byte @Nullable [] at(byte[] body, String pointer) {
        var tree = new PointerTree<String>();
        add(tree, pointer, pointer);
        JsonValue value = tree.find(body).get(pointer);
        return value == null ? null : value.bytes();
    }

    private static byte[] renamed(byte[] body, Map<String, String> pointers) {
        var tree = new PointerTree<String>();
        pointers.forEach((name, pointer) -> add(tree, name, pointer));
        Map<String, JsonValue> found = tree.find(body);
        var out = new ByteArrayOutputStream(body.length);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            for (String name : pointers.keySet()) {
                JsonValue value = found.get(name);
                if (value != null) {
                    json.writeName(name);
                    json.writeRawValue("");
                    json.flush();
                    value.writeTo(out);
                }
            }
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static PointerTree<String> tree(Collection<String> pointers) {
        var tree = new PointerTree<String>();
        pointers.forEach(pointer -> add(tree, pointer, pointer));
        return tree;
    }

    private static void add(PointerTree<String> tree, String key, String pointer) {
        tree.add(key, Objects.requireNonNull(Pointer.parse(pointer)).steps());
    }

    private byte @Nullable [] members(PointerTree<String> tree) {
        JsonToken first = Objects.requireNonNull(tokens.next());
        return copy(tree, first) || first.isStructStart() ? out.toByteArray() : null;
    }

    /// Copies what pointers lead to in the value that begins with `token`, and what it stands in.
    ///
    /// @return whether there was any
    private boolean copy(PointerTree<String> tree, JsonToken token) {
        int start = tokens.start();
        if (!tree.ends().isEmpty()) {
            tokens.skip();
            out.write(body, start, tokens.end() - start);
            return true;
        }
        return switch (token) {
            case START_OBJECT -> copyMembers(tree);
            case START_ARRAY -> copyElements(tree);
            default -> false;
        };
    }

    private boolean copyMembers(PointerTree<String> tree) {
        boolean any = false;
        out.write('{');
        while (tokens.next() != JsonToken.END_OBJECT) {
            PointerTree<String> further = tree.further(tokens.name());
            int name = tokens.start();
            JsonToken value = Objects.requireNonNull(tokens.next());
            any |= copyOrSkip(further, value, any, name);
        }
        out.write('}');
        return any;
    }

    private boolean copyElements(PointerTree<String> tree) {
        boolean any = false;
        out.write('[');
        JsonToken element = Objects.requireNonNull(tokens.next());
        for (int i = 0; element != JsonToken.END_ARRAY; i++) {
            any |= copyOrSkip(tree.further(Integer.toString(i)), element, any, tokens.start());
            element = Objects.requireNonNull(tokens.next());
        }
        out.write(']');
        return any;
    }

    /// @param follows whether something was copied before it
    /// @param from    where it begins, with its name if it has one
    private boolean copyOrSkip(@Nullable PointerTree<String> tree, JsonToken value, boolean follows, int from) {
        if (tree == null) {
            tokens.skip();
            return false;
        }
        int before = out.size();
        if (follows) {
            out.write(',');
        }
        out.write(body, from, tokens.start() - from);
        boolean any = copy(tree, value);
        if (!any) {
            out.shortenTo(before);
        }
        return any;
    }

    private static final class Output extends ByteArrayOutputStream {

        Output(int expectedSize) {
            super(expectedSize);
        }

        void shortenTo(int size) {
            count = size;
        }
    }
}
