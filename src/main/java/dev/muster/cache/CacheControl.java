package dev.muster.cache;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The directives of `Cache-Control`, read so that whatever is wrong with them makes the cache more careful.
final class CacheControl {

    private static final CacheControl NONE = new CacheControl(Map.of());

    private final Map<String, List<String>> arguments;

    private CacheControl(Map<String, List<String>> arguments) {
        this.arguments = arguments;
    }

    /// Reads all lines of the field.
    static CacheControl parse(List<String> lines) {
        if (lines.isEmpty()) {
            return NONE;
        }
        Map<String, List<String>> arguments = new HashMap<>();
        for (String line : lines) {
            for (String directive : split(line)) {
                int equals = directive.indexOf('=');
                String name = equals < 0 ? directive : directive.substring(0, equals);
                String argument = equals < 0 ? "" : unquoted(directive.substring(equals + 1));
                arguments
                        .computeIfAbsent(name.strip().toLowerCase(Locale.ROOT), _ -> new ArrayList<>(1))
                        .add(argument);
            }
        }
        return new CacheControl(arguments);
    }

    /// Whether the directive is there, with or without an argument: `private="x-user"` is taken for `private`, and
    /// `no-cache="x-user"` for `no-cache`, as sections 5.2.2.4 and 5.2.2.7 allow.
    boolean has(String directive) {
        return arguments.containsKey(directive);
    }

    /// Whether the directive is there, and nowhere with an argument.
    boolean isBare(String directive) {
        return has(directive)
                && arguments.getOrDefault(directive, List.of()).stream().allMatch(String::isEmpty);
    }

    /// The least of the directive's values, or `null` without the directive. What is no number of seconds is 0
    /// (section 4.2.1).
    @Nullable
    Duration least(String directive) {
        return seconds(directive, Duration.ZERO).min(Comparator.naturalOrder()).orElse(null);
    }

    /// The greatest of the directive's values, or `null` without the directive. What is no number of seconds is
    /// forever.
    @Nullable
    Duration greatest(String directive) {
        return seconds(directive, DeltaSeconds.FOREVER)
                .max(Comparator.naturalOrder())
                .orElse(null);
    }

    private Stream<Duration> seconds(String directive, Duration invalid) {
        return arguments.getOrDefault(directive, List.of()).stream().map(argument -> {
            Duration seconds = DeltaSeconds.parse(argument);
            return seconds == null ? invalid : seconds;
        });
    }

    /// Splits at the commas that stand outside of quotes; at all of them where a quote is not closed, so that it
    /// hides no directive.
    private static List<String> split(String line) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        int start = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                parts.add(line.substring(start, i));
                start = i + 1;
            }
        }
        parts.add(line.substring(start));
        return quoted ? List.of(line.split(",")) : parts;
    }

    private static String unquoted(String argument) {
        String text = argument.strip();
        boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
        return quoted ? text.substring(1, text.length() - 1) : text;
    }
}
