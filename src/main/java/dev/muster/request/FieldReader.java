package dev.muster.request;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// Reads typed fields from a JSON token stream.
///
/// A field of the wrong type or range becomes a fault with its pointer, the method answers `null`, and reading goes on
/// behind it. Every method expects the parser on the first token of its value and leaves it on the last.
final class FieldReader {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,15})(ms|s|m|h)");
    private static final Pattern PLAIN_POINTER_PART = Pattern.compile("[A-Za-z0-9._-]*");

    /// Most elements of an array, and members of an object, where nothing else bounds them.
    static final int MOST_ELEMENTS = 100;

    /// Most characters of a string that nothing else bounds; what servers commonly take of a URL.
    static final int MOST_CHARACTERS = 8_192;

    static final String NO_DURATION = "must be a positive duration such as 250ms, 2s or PT0.25S";

    private static final int MOST_NAME_CHARACTERS = 256;

    /// What a string takes on the heap besides its characters, and an entry of a collection that holds it.
    private static final int BYTES_PER_STRING = 128;

    private final JsonParser parser;
    private final byte[] document;
    private final Faults faults;
    private final DocumentMemory memory;
    private @Nullable Step at;

    /// One step of the way to where the parser is. Most documents have no fault, and need no pointer as text.
    private record Step(@Nullable Step outer, @Nullable String name, int index) {
        String part() {
            return name == null ? Integer.toString(index) : escape(name);
        }
    }

    FieldReader(JsonParser parser, byte[] document, Faults faults, DocumentMemory memory) {
        this.parser = parser;
        this.document = document;
        this.faults = faults;
        this.memory = memory;
    }

    /// Tells that `bytes` more are about to be kept than the methods below tell of what they answer.
    void keep(long bytes) {
        memory.take(bytes);
    }

    /// The next token, or null at the end. A parser that is fed asks for more where a document ends within a value,
    /// before it takes the end for what it is.
    @Nullable
    JsonToken next() {
        JsonToken token = parser.nextToken();
        return token == JsonToken.NOT_AVAILABLE ? parser.nextToken() : token;
    }

    /// Whether the parser is on the `null` of an object's member, which counts as left out.
    boolean leftOut() {
        return at(JsonToken.VALUE_NULL) && at != null && at.name() != null;
    }

    String pointer() {
        Deque<String> parts = new ArrayDeque<>();
        for (Step step = at; step != null; step = step.outer()) {
            parts.push(step.part());
        }
        return parts.isEmpty() ? "#" : "#/" + String.join("/", parts);
    }

    String pointer(String child) {
        return pointer() + '/' + escape(child);
    }

    /// The pointer to what is reached from here by these names and indexes, from a member `body` on.
    String pointer(List<String> steps) {
        var pointer = new StringBuilder(pointer("body"));
        steps.forEach(step -> pointer.append('/').append(escape(step)));
        return pointer.toString();
    }

    void fault(List<String> steps, String detail) {
        faults.add(pointer(steps), detail);
    }

    void fault(String detail) {
        faults.add(pointer(), detail);
    }

    void fault(String child, String detail) {
        faults.add(pointer(child), detail);
    }

    void skip() {
        parser.skipChildren();
    }

    @Nullable
    JsonToken token() {
        return parser.currentToken();
    }

    boolean at(JsonToken token) {
        return parser.currentToken() == token;
    }

    /// Runs `reading` with the pointer one step deeper.
    void within(String name, Runnable reading) {
        within(new Step(at, name, 0), reading);
    }

    private void within(Step step, Runnable reading) {
        at = step;
        reading.run();
        at = step.outer();
    }

    /// Reads an object: `field` is called with each name, the parser on its value, and answers whether it knows it.
    /// A name that is unknown or comes twice is a fault.
    void object(Function<String, Boolean> field) {
        if (leftOut()) {
            return;
        }
        if (!at(JsonToken.START_OBJECT)) {
            wrongType("an object");
            return;
        }
        Set<String> seen = new HashSet<>();
        while (next() != JsonToken.END_OBJECT) {
            if (seen.size() == MOST_ELEMENTS) {
                fault("must have at most %d members".formatted(MOST_ELEMENTS));
                skipRest();
                return;
            }
            String name = parser.currentName();
            next();
            if (name.length() > MOST_NAME_CHARACTERS) {
                fault("must have no name of more than %d characters".formatted(MOST_NAME_CHARACTERS));
                parser.skipChildren();
                continue;
            }
            within(name, () -> {
                if (!seen.add(name)) {
                    fault("is given twice");
                    parser.skipChildren();
                } else if (!field.apply(name)) {
                    fault("unknown field");
                    parser.skipChildren();
                }
            });
        }
    }

    /// Skips what is left of the object or array that the parser is in, on one of its elements or names.
    private void skipRest() {
        for (int depth = 1; depth > 0; ) {
            JsonToken token = Objects.requireNonNull(next());
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            }
        }
    }

    /// Reads an array: `element` is called with the parser on each element. Answers how many there were, -1 if it
    /// is no array, or has more than `most`.
    int array(int most, Runnable element) {
        if (!at(JsonToken.START_ARRAY)) {
            wrongType("an array");
            return -1;
        }
        int length = 0;
        for (; next() != JsonToken.END_ARRAY; length++) {
            if (length == most) {
                fault("must have at most %d elements".formatted(most));
                parser.skipChildren();
                skipRest();
                return -1;
            }
            within(new Step(at, null, length), element);
        }
        return length;
    }

    @Nullable
    String string() {
        return string(MOST_CHARACTERS);
    }

    /// A string of at most so many characters.
    @Nullable
    String string(int mostCharacters) {
        if (leftOut()) {
            return null;
        }
        if (!at(JsonToken.VALUE_STRING)) {
            wrongType("a string");
            return null;
        }
        int length = parser.getStringLength();
        if (length > mostCharacters) {
            fault("must have at most %d characters".formatted(mostCharacters));
            return null;
        }
        memory.take(BYTES_PER_STRING + 2L * length);
        return parser.getString();
    }

    /// A string that `faultOf` finds nothing wrong with.
    @Nullable
    String string(Function<String, @Nullable String> faultOf) {
        return string(MOST_CHARACTERS, faultOf);
    }

    @Nullable
    String string(int mostCharacters, Function<String, @Nullable String> faultOf) {
        String value = string(mostCharacters);
        if (value == null) {
            return null;
        }
        String detail = faultOf.apply(value);
        if (detail != null) {
            fault(detail);
            return null;
        }
        return value;
    }

    /// A list of strings that `faultOf` finds nothing wrong with; each that it does, or that is no string, is a
    /// fault of its own.
    @Nullable
    List<String> strings(Function<String, @Nullable String> faultOf) {
        if (leftOut()) {
            return null;
        }
        List<String> values = new ArrayList<>();
        int length = array(MOST_ELEMENTS, () -> {
            String value = string(faultOf);
            if (value != null) {
                values.add(value);
            }
        });
        return values.size() == length ? values : null;
    }

    @Nullable
    Boolean bool() {
        if (leftOut()) {
            return null;
        }
        if (!at(JsonToken.VALUE_TRUE) && !at(JsonToken.VALUE_FALSE)) {
            wrongType("true or false");
            return null;
        }
        return parser.getBooleanValue();
    }

    @Nullable
    Integer integer(int least, int most) {
        if (leftOut()) {
            return null;
        }
        if (at(JsonToken.VALUE_NUMBER_INT)
                && parser.getNumberType() == JsonParser.NumberType.INT
                && parser.getIntValue() >= least
                && parser.getIntValue() <= most) {
            return parser.getIntValue();
        }
        fault(
                most == Integer.MAX_VALUE
                        ? "must be a whole number of at least " + least
                        : "must be a whole number from %d to %d".formatted(least, most));
        parser.skipChildren();
        return null;
    }

    <E extends Enum<E> & WireName> @Nullable E oneOf(Class<E> type) {
        String word = string(
                given -> WireName.parse(type, given).isPresent() ? null : "must be one of " + WireName.choices(type));
        return word == null ? null : WireName.parse(type, word).orElseThrow();
    }

    @Nullable
    Duration duration() {
        String text = string();
        if (text == null) {
            return null;
        }
        Duration duration = positiveDuration(text);
        if (duration == null) {
            fault(NO_DURATION);
        }
        return duration;
    }

    /// The duration that `text` spells, or `null` if it is none, or not positive.
    static @Nullable Duration positiveDuration(String text) {
        Duration duration = parseDuration(text);
        return duration == null || !duration.isPositive() ? null : duration;
    }

    private static @Nullable Duration parseDuration(String text) {
        try {
            Matcher simple = DURATION.matcher(text);
            if (simple.matches()) {
                long amount = Long.parseLong(simple.group(1));
                return switch (simple.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    case "m" -> Duration.ofMinutes(amount);
                    default -> Duration.ofHours(amount);
                };
            }
            return text.startsWith("P") ? Duration.parse(text) : null;
        } catch (DateTimeException | ArithmeticException outOfRange) {
            return null;
        }
    }

    /// The value as the very bytes the client sent, of whatever type it is.
    byte[] raw() {
        // The parser says of a token where it was when it had taken the first byte of it.
        int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset()) - 1;
        if (parser.currentToken().isStructStart()) {
            parser.skipChildren();
        } else {
            parser.finishToken();
        }
        int end = Math.toIntExact(parser.currentLocation().getByteOffset());
        memory.take(BYTES_PER_STRING + (end - start));
        return Arrays.copyOfRange(document, start, end);
    }

    private void wrongType(String wanted) {
        fault("must be " + wanted);
        parser.skipChildren();
    }

    /// Escapes a name for a JSON pointer in a URI fragment (RFC 6901, sections 3 and 6).
    static String escape(String part) {
        if (PLAIN_POINTER_PART.matcher(part).matches()) {
            return part;
        }
        return URLEncoder.encode(part.replace("~", "~0").replace("/", "~1"), StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("%7E", "~");
    }
}
