package dev.muster.demo;

import static java.util.stream.Collectors.joining;

import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.convert.DurationStyle;

/// The path variables and query parameters of one request, read by type, each held to its rule.
///
/// Every reader throws [BadParameterException] for a value outside its rule, and for none where there is no fallback.
record Parameters(Map<String, String> values) {

    /// The longest any endpoint can be told to take, so that no request holds a timer for ever.
    static final Duration LONGEST = Duration.ofSeconds(60);

    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    boolean has(String name) {
        return values.containsKey(name);
    }

    /// A duration of 0 to 60 s: `250` (milliseconds), `250ms`, `2s` or `PT0.25S`.
    Duration duration(String name, @Nullable String fallback) {
        String rule = "a duration from 0 to 60 s, such as 250, 250ms, 2s or PT0.25S";
        try {
            Duration duration = DurationStyle.detectAndParse(value(name, rule, fallback));
            if (duration.isNegative() || duration.compareTo(LONGEST) > 0) {
                throw new BadParameterException(name, rule);
            }
            return duration;
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            throw new BadParameterException(name, rule);
        }
    }

    /// A whole number from `min` to `max`.
    int number(String name, int min, int max, @Nullable String fallback) {
        String rule = "a whole number from " + min + " to " + max;
        try {
            int number = Integer.parseInt(value(name, rule, fallback));
            if (number < min || number > max) {
                throw new BadParameterException(name, rule);
            }
            return number;
        } catch (NumberFormatException malformed) {
            throw new BadParameterException(name, rule);
        }
    }

    /// A share from 0 to 1.
    double share(String name) {
        String rule = "a number from 0 to 1";
        try {
            double share = Double.parseDouble(value(name, rule, null));
            if (!(share >= 0 && share <= 1)) {
                throw new BadParameterException(name, rule);
            }
            return share;
        } catch (NumberFormatException malformed) {
            throw new BadParameterException(name, rule);
        }
    }

    /// 1 to 64 of `A-Za-z0-9._-`.
    String word(String name, @Nullable String fallback) {
        String rule = "1 to 64 of A-Za-z0-9._-";
        String word = value(name, rule, fallback);
        if (!WORD.matcher(word).matches()) {
            throw new BadParameterException(name, rule);
        }
        return word;
    }

    /// One of an enum's constants, in lower case.
    <E extends Enum<E>> E choice(String name, Class<E> type, E fallback) {
        String value = values.getOrDefault(name, lowerCase(fallback));
        List<E> choices = List.of(type.getEnumConstants());
        return choices.stream()
                .filter(choice -> lowerCase(choice).equals(value))
                .findFirst()
                .orElseThrow(() -> new BadParameterException(
                        name,
                        "one of " + choices.stream().map(Parameters::lowerCase).collect(joining(", "))));
    }

    /// A charset that can write `text`.
    Charset charset(String name, String fallback, String text) {
        String rule = "a charset that can write: " + text;
        try {
            Charset charset = Charset.forName(value(name, rule, fallback));
            if (!charset.canEncode() || !charset.newEncoder().canEncode(text)) {
                throw new BadParameterException(name, rule);
            }
            return charset;
        } catch (IllegalArgumentException malformed) {
            throw new BadParameterException(name, rule);
        }
    }

    private static String lowerCase(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private String value(String name, String rule, @Nullable String fallback) {
        String value = values.getOrDefault(name, fallback);
        if (value == null) {
            throw new BadParameterException(name, rule);
        }
        return value;
    }
}
