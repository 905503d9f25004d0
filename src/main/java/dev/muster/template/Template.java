package dev.muster.template;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// A text with places for values: `{reference}`, where `{{` and `}}` are braces.
public final class Template {

    private final String text;
    private final List<Part> parts;

    private Template(String text, List<Part> parts) {
        this.text = text;
        this.parts = parts;
    }

    private sealed interface Part {
        record Literal(String text) implements Part {}

        /// @param start where its stand-in begins
        record Slot(Reference reference, int start) implements Part {}
    }

    /// The template that `text` is, or `null` if it is to be taken as it stands.
    ///
    /// @throws TemplateFault if its braces make none
    public static @Nullable Template parse(String text, Syntax syntax) {
        if (!syntax.isTemplate(text)) {
            return null;
        }
        requireUnicode(text);
        List<Part> parts = new ArrayList<>();
        var literal = new StringBuilder();
        int standIn = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '{' && c != '}') {
                literal.append(c);
                standIn++;
            } else if (i + 1 < text.length() && text.charAt(i + 1) == c) {
                literal.append(c);
                standIn++;
                i++;
            } else {
                int end = c == '{' ? text.indexOf('}', i) : -1;
                if (end < 0) {
                    throw new TemplateFault(
                            "has an unbalanced brace at index %d: next to templates, write {{ and }} for braces"
                                    .formatted(i));
                }
                parts.add(new Part.Literal(literal.toString()));
                parts.add(new Part.Slot(syntax.reference(text.substring(i + 1, end)), standIn));
                literal.setLength(0);
                standIn += end + 1 - i;
                i = end;
            }
        }
        parts.add(new Part.Literal(literal.toString()));
        return new Template(text, parts);
    }

    /// The template that `text` is, which may have no place for a value.
    ///
    /// @throws TemplateFault if its braces make none
    public static Template of(String text, Syntax syntax) {
        Template template = parse(text, syntax);
        return template == null ? new Template(text, List.of(new Part.Literal(text))) : template;
    }

    private static void requireUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw new TemplateFault("is no template: it is not Unicode");
            }
        }
    }

    /// As it was written.
    public String text() {
        return text;
    }

    /// What it refers to, each as often as it stands there.
    public List<Reference> references() {
        List<Reference> references = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.Slot(Reference reference, int _)) {
                references.add(reference);
            }
        }
        return references;
    }

    /// The reference that the whole text is, or `null` if there is more to it, or less.
    @Nullable
    Reference only() {
        boolean alone = parts.size() == 3
                && parts.getFirst() instanceof Part.Literal(String before)
                && before.isEmpty()
                && parts.getLast() instanceof Part.Literal(String behind)
                && behind.isEmpty();
        return alone && parts.get(1) instanceof Part.Slot(Reference reference, int _) ? reference : null;
    }

    /// The text with zeros where values are going to be: each as long as what stands there, so that an index into it is
    /// one into what was written, but for braces.
    public String standIn() {
        var filled = new StringBuilder(text.length());
        for (Part part : parts) {
            switch (part) {
                case Part.Literal(String literal) -> filled.append(literal);
                case Part.Slot(Reference reference, int _) ->
                    filled.repeat('0', reference.text().length() + 2);
            }
        }
        return filled.toString();
    }

    /// Where in [#standIn] the values are going to be.
    public List<Integer> starts() {
        List<Integer> starts = new ArrayList<>();
        for (Part part : parts) {
            if (part instanceof Part.Slot(Reference _, int start)) {
                starts.add(start);
            }
        }
        return starts;
    }

    /// The text with its values.
    ///
    /// @param placeAt what kind of place there is at an index into [#standIn]
    /// @param most    most characters of it
    /// @throws UnusableValueException if a value cannot stand where it has to
    public String finish(Values values, IntFunction<Place> placeAt, int most) {
        var finished = new StringBuilder();
        for (Part part : parts) {
            switch (part) {
                case Part.Literal(String literal) -> finished.append(literal);
                case Part.Slot(Reference reference, int start) -> {
                    finished.append(placeAt.apply(start).put(reference, text(reference, values)));
                    if (finished.length() > most) {
                        throw new UnusableValueException(
                                reference, "is too long: there is room for %d characters in all".formatted(most));
                    }
                }
            }
        }
        return finished.toString();
    }

    private static String text(Reference reference, Values values) {
        JsonValue value = values.require(reference);
        String text = value.text();
        if (text == null) {
            throw new UnusableValueException(
                    reference, value.isNull() ? "is null, where text is wanted" : "is no scalar, where text is wanted");
        }
        return text;
    }
}
