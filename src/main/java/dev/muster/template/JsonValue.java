package dev.muster.template;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.JsonStringEncoder;

/// A JSON value, as the very bytes that it came as.
public final class JsonValue {

    private final byte[] json;
    private final int start;
    private final int end;

    private JsonValue(byte[] json, int start, int end) {
        this.json = json;
        this.start = start;
        this.end = end;
    }

    /// The value from `start` to `end` of a well-formed document, which it keeps.
    public static JsonValue within(byte[] json, int start, int end) {
        return new JsonValue(json, start, end);
    }

    /// The value that `json` is, in UTF-8 and well-formed.
    public static JsonValue of(byte[] json) {
        return new JsonValue(json, 0, json.length);
    }

    public static JsonValue of(int number) {
        return of(Integer.toString(number).getBytes(StandardCharsets.US_ASCII));
    }

    /// The string `text`.
    ///
    /// @param text has no half of a surrogate pair
    public static JsonValue of(String text) {
        byte[] characters = JsonStringEncoder.getInstance().quoteAsUTF8(text);
        byte[] json = new byte[characters.length + 2];
        json[0] = '"';
        System.arraycopy(characters, 0, json, 1, characters.length);
        json[json.length - 1] = '"';
        return of(json);
    }

    /// The list of `elements`.
    public static JsonValue listOf(List<JsonValue> elements) {
        var json = new ByteArrayOutputStream();
        json.write('[');
        for (JsonValue element : elements) {
            if (json.size() > 1) {
                json.write(',');
            }
            element.writeTo(json);
        }
        json.write(']');
        return of(json.toByteArray());
    }

    /// How many bytes it has.
    int length() {
        return end - start;
    }

    /// A copy of them.
    public byte[] bytes() {
        return Arrays.copyOfRange(json, start, end);
    }

    public void writeTo(ByteArrayOutputStream out) {
        out.write(json, start, end - start);
    }

    public boolean isNull() {
        return json[start] == 'n';
    }

    public boolean isScalar() {
        return json[start] != '{' && json[start] != '[';
    }

    /// The text of a string, or that of a number or a boolean as it is written; `null` for anything else.
    public @Nullable String text() {
        if (isNull() || !isScalar()) {
            return null;
        }
        if (json[start] != '"') {
            return new String(json, start, end - start, StandardCharsets.US_ASCII);
        }
        var tokens = new JsonTokens(json, start, end);
        tokens.next();
        return tokens.string();
    }
}
