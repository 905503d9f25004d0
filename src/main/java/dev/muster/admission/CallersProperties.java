package dev.muster.admission;

import jakarta.validation.Valid;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// What callers may take, by principal.
///
/// @param callers the entries; `default` holds what the others leave out, and for every principal without an entry
@Validated
@ConfigurationProperties("muster")
public record CallersProperties(@DefaultValue Map<String, @Valid CallerProperties> callers) {

    private static final String DEFAULT = "default";

    /// What the entry of `principal` has there, else that of `default`; `null` if neither has anything.
    public <T> @Nullable T first(String principal, Function<CallerProperties, @Nullable T> field) {
        T own = of(principal, field);
        return own == null ? of(DEFAULT, field) : own;
    }

    private <T> @Nullable T of(String name, Function<CallerProperties, @Nullable T> field) {
        CallerProperties entry = callers.get(name);
        return entry == null ? null : field.apply(entry);
    }
}
