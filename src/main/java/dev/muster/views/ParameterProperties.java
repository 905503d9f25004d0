package dev.muster.views;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.bind.Name;

/// One parameter of a view.
///
/// @param type      what it is, or what each of its elements is
/// @param list      whether it is a list of those
/// @param pattern   the regular expression that a whole string has to match
/// @param values    all that it may be
/// @param minimum   the least number that it may be
/// @param maximum   the greatest number that it may be
/// @param maxLength most characters of a string
/// @param preset    what it is where a caller does not give it, which has to otherwise; of a list it is JSON
public record ParameterProperties(
        @DefaultValue("string") ParameterType type,
        @DefaultValue("false") boolean list,
        @Nullable String pattern,
        @Name("enum") @DefaultValue List<String> values,
        @Nullable BigDecimal minimum,
        @Nullable BigDecimal maximum,
        @Nullable Integer maxLength,
        @Name("default") @Nullable String preset) {}
