package dev.muster.views;

import java.util.Locale;

/// What a parameter of a view is.
public enum ParameterType {
    STRING,
    INTEGER,
    NUMBER,
    BOOLEAN;

    /// As JSON Schema calls it.
    public String schemaName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
