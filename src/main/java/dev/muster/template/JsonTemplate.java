package dev.muster.template;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// A JSON value with strings in it that are templates.
///
/// One that is nothing but a reference becomes that value, whatever its type, byte for byte; in every other the value
/// is
/// text.
public final class JsonTemplate {

    private final byte[] json;
    private final List<Piece> pieces;

    private JsonTemplate(byte[] json, List<Piece> pieces) {
        this.json = json;
        this.pieces = pieces;
    }

    /// A string of the value.
    ///
    /// @param start where it begins in the JSON
    /// @param end   where what follows it begins
    private record Piece(int start, int end, Template template) {}

    /// Is told of every string that has braces of a template, by the names and indexes on the way to it.
    public interface Listener {

        void template(List<String> steps, Template template);

        void fault(List<String> steps, TemplateFault fault);
    }

    /// The template that `json` is, or `null` if it is to be taken as it stands.
    ///
    /// @param json well-formed
    public static @Nullable JsonTemplate parse(byte[] json, Syntax syntax, Listener listener) {
        if (!syntax.mayHaveTemplates(json)) {
            return null;
        }
        List<Piece> pieces = new ArrayList<>();
        var at = new Position();
        var tokens = new JsonTokens(json);
        for (JsonToken token = tokens.next(); token != null; token = tokens.next()) {
            at.moveTo(token, tokens);
            if (token == JsonToken.VALUE_STRING) {
                try {
                    int start = tokens.start();
                    Template template = Template.parse(tokens.string(), syntax);
                    if (template != null) {
                        pieces.add(new Piece(start, tokens.end(), template));
                        listener.template(at.steps(), template);
                    }
                } catch (TemplateFault fault) {
                    listener.fault(at.steps(), fault);
                }
            }
        }
        return pieces.isEmpty() ? null : new JsonTemplate(json, pieces);
    }

    /// What it refers to, each as often as it stands there.
    public List<Reference> references() {
        return pieces.stream()
                .flatMap(piece -> piece.template().references().stream())
                .toList();
    }

    /// Those of them whose values have to be text.
    public List<Reference> texts() {
        return pieces.stream()
                .filter(piece -> piece.template().only() == null)
                .flatMap(piece -> piece.template().references().stream())
                .toList();
    }

    /// The JSON with its values.
    ///
    /// @param most most bytes of it
    /// @throws UnusableValueException if a value cannot stand where it has to, or there are too many bytes
    public byte[] finish(Values values, int most) {
        var finished = new ByteArrayOutputStream(json.length);
        int from = 0;
        for (Piece piece : pieces) {
            finished.write(json, from, piece.start() - from);
            from = piece.end();
            Reference only = piece.template().only();
            JsonValue value = only == null
                    ? JsonValue.of(piece.template().finish(values, _ -> Place.TEXT, most))
                    : values.require(only);
            if ((long) finished.size() + value.length() + json.length - from > most) {
                throw new UnusableValueException(
                        only == null ? references().getFirst() : only,
                        "is too long: a body has at most %d bytes".formatted(most));
            }
            value.writeTo(finished);
        }
        finished.write(json, from, json.length - from);
        return finished.toByteArray();
    }

    /// Where among objects and arrays the current token is.
    private static final class Position {

        private final Deque<Integer> indexes = new ArrayDeque<>();
        private final Deque<String> names = new ArrayDeque<>();

        /// -1 stands for an object, whose current name is in the other list.
        private static final int OBJECT = -1;

        void moveTo(JsonToken token, JsonTokens tokens) {
            switch (token) {
                case END_OBJECT, END_ARRAY -> {
                    indexes.pop();
                    names.pop();
                }
                case PROPERTY_NAME -> {
                    names.pop();
                    names.push(tokens.name());
                }
                default -> {
                    next();
                    if (token.isStructStart()) {
                        indexes.push(token == JsonToken.START_ARRAY ? 0 : OBJECT);
                        names.push("");
                    }
                }
            }
        }

        private void next() {
            Integer index = indexes.peek();
            if (index != null && index != OBJECT) {
                indexes.push(indexes.pop() + 1);
                names.pop();
                names.push(Integer.toString(index));
            }
        }

        List<String> steps() {
            return List.copyOf(names).reversed();
        }
    }
}
