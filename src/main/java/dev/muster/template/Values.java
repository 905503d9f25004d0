package dev.muster.template;

import org.jspecify.annotations.Nullable;

/// The values that templates are finished with.
@FunctionalInterface
public interface Values {

    /// There are none.
    Values NONE = _ -> null;

    /// The value that `reference` has, or `null` if it has none.
    @Nullable
    JsonValue of(Reference reference);

    /// These, and where there is none, that of `others`.
    default Values or(Values others) {
        return reference -> {
            JsonValue own = of(reference);
            return own == null ? others.of(reference) : own;
        };
    }

    /// The value that `reference` has.
    ///
    /// @throws UnusableValueException if there is none
    default JsonValue require(Reference reference) {
        JsonValue value = of(reference);
        if (value == null) {
            throw new UnusableValueException(reference, "there is no such value");
        }
        return value;
    }
}
