package dev.muster.template;

/// A text is no template, though it has braces.
public final class TemplateFault extends RuntimeException {

    /// @param detail the rule that is broken
    public TemplateFault(String detail) {
        super(detail, null, false, false);
    }

    /// The rule that is broken.
    public String detail() {
        return String.valueOf(getMessage());
    }
}
