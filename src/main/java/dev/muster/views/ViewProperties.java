package dev.muster.views;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// One view.
///
/// @param description what it is for, told to callers
/// @param parameters  what callers give, by name
/// @param batch       the batch document, whose strings may have `{parameter}`
public record ViewProperties(
        @Nullable String description,
        @DefaultValue Map<String, ParameterProperties> parameters,
        @DefaultValue Map<String, Object> batch) {}
