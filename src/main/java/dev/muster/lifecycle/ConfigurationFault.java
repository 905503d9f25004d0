package dev.muster.lifecycle;

import org.jspecify.annotations.Nullable;

/// What is wrong with one property.
///
/// @param property its name, as it was given
/// @param value    what it was set to, or `null` if that is not to be repeated or there is none
/// @param rule     what would be right
/// @param origin   where it was set, or `null` if that is not known
record ConfigurationFault(
        String property,
        @Nullable String value,
        String rule,
        @Nullable String origin) {

    /// One line.
    @Override
    public String toString() {
        var line = new StringBuilder(property).append(": ").append(rule);
        if (value != null) {
            line.append("; it is '").append(value).append('\'');
        }
        if (origin != null) {
            line.append(" (").append(origin).append(')');
        }
        return line.toString();
    }
}
