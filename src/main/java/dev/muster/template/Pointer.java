package dev.muster.template;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A JSON Pointer (RFC 6901).
///
/// @param text  as it was written
/// @param steps the names and indexes on the way, without escapes
public record Pointer(String text, List<String> steps) {

    /// The pointer that `text` is, or `null` if it is none.
    public static @Nullable Pointer parse(String text) {
        if (text.isEmpty()) {
            return new Pointer(text, List.of());
        }
        if (text.charAt(0) != '/' || hasBareTilde(text)) {
            return null;
        }
        return new Pointer(
                text,
                Stream.of(text.substring(1).split("/", -1))
                        .map(step -> step.replace("~1", "/").replace("~0", "~"))
                        .toList());
    }

    private static boolean hasBareTilde(String text) {
        for (int i = text.indexOf('~'); i >= 0; i = text.indexOf('~', i + 1)) {
            if (i + 1 == text.length() || (text.charAt(i + 1) != '0' && text.charAt(i + 1) != '1')) {
                return true;
            }
        }
        return false;
    }
}
