package dev.muster.template;

import java.util.List;

/// Reads `ID#POINTER`.
final class CallReference {

    /// Most characters of a call's id.
    static final int MOST_ID = 64;

    private static final int MOST_STEPS = 100;

    private static final String NOTHING = "{%s} leads to nothing that a result has: %s";

    private CallReference() {}

    static boolean isOfId(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    /// @throws TemplateFault if `text` is no reference to a result of a call
    static Reference parse(String text) {
        int hash = text.indexOf('#');
        if (hash < 0) {
            throw new TemplateFault("{%s} is no template: next to one, write {{ and }} for braces".formatted(text));
        }
        String id = text.substring(0, hash);
        if (id.isEmpty() || id.length() > MOST_ID || !id.chars().allMatch(c -> isOfId((char) c))) {
            throw new TemplateFault("{%s} names no call: an id is 1 to 64 of A-Z a-z 0-9 . _ -".formatted(text));
        }
        Pointer pointer = Pointer.parse(text.substring(hash + 1));
        if (pointer == null || pointer.steps().size() > MOST_STEPS) {
            throw new TemplateFault(
                    "{%s} has no JSON Pointer (RFC 6901) of at most %d steps behind the #".formatted(text, MOST_STEPS));
        }
        requireOfResult(text, pointer.steps());
        return new Reference.OfCall(id, pointer);
    }

    private static void requireOfResult(String text, List<String> steps) {
        switch (steps.isEmpty() ? "" : steps.getFirst()) {
            case "body" -> {}
            case "status" -> {
                if (steps.size() > 1) {
                    throw new TemplateFault(NOTHING.formatted(text, "/status is a number"));
                }
            }
            case "headers" -> {
                if (steps.size() != 3) {
                    throw new TemplateFault(NOTHING.formatted(text, "a header is /headers/NAME/INDEX"));
                }
            }
            default -> throw new TemplateFault(NOTHING.formatted(text, "begin with /body, /headers or /status"));
        }
    }
}
