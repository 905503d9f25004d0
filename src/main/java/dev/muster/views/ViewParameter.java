package dev.muster.views;

import dev.muster.request.DocumentMemory;
import dev.muster.request.InvalidBatchException;
import dev.muster.request.ObjectDocument;
import dev.muster.template.JsonTokens;
import dev.muster.template.JsonValue;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// A parameter of a view: which values it takes.
public final class ViewParameter {

    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,99})");
    private static final Pattern NUMBER =
            Pattern.compile("-?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,100})?([eE][+-]?[0-9]{1,4})?");
    private static final int MOST_CHARACTERS = 8_192;
    private static final int MOST_ELEMENTS = 100;

    private final ParameterProperties rules;
    private final @Nullable Pattern pattern;
    private final @Nullable JsonValue preset;

    private ViewParameter(ParameterProperties rules, @Nullable Pattern pattern, @Nullable JsonValue preset) {
        this.rules = rules;
        this.pattern = pattern;
        this.preset = preset;
    }

    /// The parameter that has those `rules`.
    ///
    /// @param faults is told which property is wrong, and why
    static ViewParameter of(ParameterProperties rules, BiConsumer<String, String> faults) {
        checkBounds(rules, faults);
        Pattern pattern = null;
        try {
            pattern = rules.pattern() == null ? null : Pattern.compile(rules.pattern());
        } catch (PatternSyntaxException invalid) {
            faults.accept("pattern", "is no regular expression: " + invalid.getDescription());
        }
        var bounded = new ViewParameter(rules, pattern, null);
        for (int i = 0; i < rules.values().size(); i++) {
            String fault = new ViewParameter(withoutValues(rules), pattern, null)
                    .faultOf(rules.values().get(i));
            if (fault != null) {
                faults.accept("enum[%d]".formatted(i), fault);
            }
        }
        String preset = rules.preset();
        if (preset == null) {
            return bounded;
        }
        Read read = rules.list() ? bounded.ofJson(preset) : bounded.ofTexts(List.of(preset));
        if (read.fault() != null) {
            faults.accept("default", read.fault());
        }
        return new ViewParameter(rules, pattern, read.value());
    }

    private static ParameterProperties withoutValues(ParameterProperties rules) {
        return new ParameterProperties(
                rules.type(),
                rules.list(),
                rules.pattern(),
                List.of(),
                rules.minimum(),
                rules.maximum(),
                rules.maxLength(),
                null);
    }

    private static void checkBounds(ParameterProperties rules, BiConsumer<String, String> faults) {
        boolean text = rules.type() == ParameterType.STRING;
        boolean number = rules.type() == ParameterType.INTEGER || rules.type() == ParameterType.NUMBER;
        if (rules.pattern() != null && !text) {
            faults.accept("pattern", "is for a string");
        }
        if (rules.maxLength() != null && !text) {
            faults.accept("max-length", "is for a string");
        }
        if (rules.maxLength() != null && (rules.maxLength() < 1 || rules.maxLength() > MOST_CHARACTERS)) {
            faults.accept("max-length", "must be from 1 to " + MOST_CHARACTERS);
        }
        if (rules.minimum() != null && !number) {
            faults.accept("minimum", "is for an integer or a number");
        }
        if (rules.maximum() != null && !number) {
            faults.accept("maximum", "is for an integer or a number");
        }
        if (rules.minimum() != null
                && rules.maximum() != null
                && rules.minimum().compareTo(rules.maximum()) > 0) {
            faults.accept("minimum", "must be at most the maximum");
        }
    }

    /// What was read of what a caller gave: a value, or what is wrong with it.
    record Read(@Nullable JsonValue value, @Nullable String fault) {
        private static Read of(JsonValue value) {
            return new Read(value, null);
        }

        private static Read wrong(String fault) {
            return new Read(null, fault);
        }
    }

    /// What it is where a caller does not give it, or `null` if one has to.
    @Nullable
    JsonValue preset() {
        return preset;
    }

    /// Whether a caller has to give it.
    public boolean isRequired() {
        return preset == null;
    }

    boolean isList() {
        return rules.list();
    }

    /// Reads what a query has under its name, in order.
    Read ofTexts(List<String> texts) {
        if (!rules.list()) {
            if (texts.size() != 1) {
                return Read.wrong("is given twice");
            }
            String fault = faultOf(texts.getFirst());
            return fault == null ? Read.of(value(texts.getFirst())) : Read.wrong(fault);
        }
        if (texts.size() > MOST_ELEMENTS) {
            return Read.wrong(tooMany());
        }
        List<JsonValue> elements = new ArrayList<>();
        for (String text : texts) {
            String fault = faultOf(text);
            if (fault != null) {
                return Read.wrong("element %d %s".formatted(elements.size(), fault));
            }
            elements.add(value(text));
        }
        return Read.of(JsonValue.listOf(elements));
    }

    private Read ofJson(String text) {
        try {
            byte[] document = "{\"default\":%s}".formatted(text).getBytes(StandardCharsets.UTF_8);
            byte[] json =
                    ObjectDocument.read(document, DocumentMemory.UNCOUNTED).get("default");
            return json == null ? Read.wrong("must be a list") : ofJson(json);
        } catch (InvalidBatchException malformed) {
            return Read.wrong("must be a list, in JSON");
        }
    }

    /// Reads a JSON value.
    Read ofJson(byte[] json) {
        var tokens = new JsonTokens(json);
        JsonToken token = tokens.next();
        if (!rules.list()) {
            String fault = token == null ? wrongType() : faultOf(token, json, tokens);
            return fault == null ? Read.of(JsonValue.of(json)) : Read.wrong(fault);
        }
        if (token != JsonToken.START_ARRAY) {
            return Read.wrong("must be a list");
        }
        int elements = 0;
        for (token = tokens.next(); token != null && token != JsonToken.END_ARRAY; token = tokens.next()) {
            String fault = elements == MOST_ELEMENTS ? tooMany() : faultOf(token, json, tokens);
            if (fault != null) {
                return Read.wrong("element %d %s".formatted(elements, fault));
            }
            elements++;
        }
        return Read.of(JsonValue.of(json));
    }

    private static String tooMany() {
        return "must have at most %d elements".formatted(MOST_ELEMENTS);
    }

    private JsonValue value(String text) {
        return rules.type() == ParameterType.STRING
                ? JsonValue.of(text)
                : JsonValue.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    private @Nullable String faultOf(JsonToken token, byte[] json, JsonTokens tokens) {
        boolean fits = switch (rules.type()) {
            case STRING -> token == JsonToken.VALUE_STRING;
            case INTEGER -> token == JsonToken.VALUE_NUMBER_INT;
            case NUMBER -> token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT;
            case BOOLEAN -> token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE;
        };
        if (!fits) {
            return wrongType();
        }
        int start = tokens.start();
        return faultOf(
                token == JsonToken.VALUE_STRING
                        ? tokens.string()
                        : new String(json, start, tokens.end() - start, StandardCharsets.US_ASCII));
    }

    private String wrongType() {
        return switch (rules.type()) {
            case STRING -> "must be a string";
            case INTEGER -> "must be a whole number";
            case NUMBER -> "must be a number";
            case BOOLEAN -> "must be true or false";
        };
    }

    /// What is wrong with one value, as it is written.
    private @Nullable String faultOf(String text) {
        String fault = switch (rules.type()) {
            case STRING -> faultOfString(text);
            case INTEGER -> INTEGER.matcher(text).matches() ? faultOfNumber(text) : wrongType();
            case NUMBER -> NUMBER.matcher(text).matches() ? faultOfNumber(text) : wrongType();
            case BOOLEAN -> text.equals("true") || text.equals("false") ? null : wrongType();
        };
        if (fault == null && !rules.values().isEmpty() && !rules.values().contains(text)) {
            return "must be one of " + String.join(", ", rules.values());
        }
        return fault;
    }

    private @Nullable String faultOfString(String text) {
        int most = rules.maxLength() == null ? MOST_CHARACTERS : rules.maxLength();
        if (text.length() > most) {
            return "must have at most %d characters".formatted(most);
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            return "must be Unicode";
        }
        return pattern == null || pattern.matcher(text).matches() ? null : "must match " + pattern.pattern();
    }

    private @Nullable String faultOfNumber(String text) {
        var number = new BigDecimal(text);
        if (!Double.isFinite(number.doubleValue())) {
            return "is too large";
        }
        if (rules.minimum() != null && number.compareTo(rules.minimum()) < 0) {
            return "must be at least " + rules.minimum().toPlainString();
        }
        return rules.maximum() != null && number.compareTo(rules.maximum()) > 0
                ? "must be at most " + rules.maximum().toPlainString()
                : null;
    }

    /// Its JSON Schema, of maps, lists and scalars.
    public Map<String, Object> schema() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", rules.type().schemaName());
        if (rules.pattern() != null) {
            schema.put("pattern", "^(?:%s)$".formatted(rules.pattern()));
        }
        if (!rules.values().isEmpty()) {
            schema.put("enum", rules.values().stream().map(this::literal).toList());
        }
        if (rules.minimum() != null) {
            schema.put("minimum", rules.minimum());
        }
        if (rules.maximum() != null) {
            schema.put("maximum", rules.maximum());
        }
        if (rules.maxLength() != null) {
            schema.put("maxLength", rules.maxLength());
        }
        Map<String, Object> whole = schema;
        if (rules.list()) {
            whole = new LinkedHashMap<>();
            whole.put("type", "array");
            whole.put("maxItems", MOST_ELEMENTS);
            whole.put("items", schema);
        } else if (rules.preset() != null) {
            whole.put("default", literal(rules.preset()));
        }
        return whole;
    }

    private Object literal(String text) {
        return switch (rules.type()) {
            case STRING -> text;
            case INTEGER, NUMBER -> new BigDecimal(text);
            case BOOLEAN -> Boolean.valueOf(text);
        };
    }
}
