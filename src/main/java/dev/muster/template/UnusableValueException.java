package dev.muster.template;

/// A template cannot be finished with the values that there are.
public final class UnusableValueException extends RuntimeException {

    private final Reference reference;

    /// @param reference whose value it is
    /// @param reason    what is wrong with it, without the value itself
    public UnusableValueException(Reference reference, String reason) {
        super(reason, null, false, false);
        this.reference = reference;
    }

    public Reference reference() {
        return reference;
    }

    /// What is wrong with the value.
    public String reason() {
        return String.valueOf(getMessage());
    }
}
