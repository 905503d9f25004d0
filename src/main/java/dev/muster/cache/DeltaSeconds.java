package dev.muster.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A time in whole seconds, as header fields say it (RFC 9111, section 1.2.2).
public final class DeltaSeconds {

    /// Every larger number of seconds means this one.
    public static final Duration FOREVER = Duration.ofSeconds(1L << 31);

    private DeltaSeconds() {}

    /// The time that `text` says, or `null` if it is no number of seconds.
    public static @Nullable Duration parse(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        // Eighteen digits fit into a long, and whatever has more than those is too large anyway.
        String digits = text.replaceFirst("^0+(?=.)", "");
        return digits.length() > 18
                ? FOREVER
                : Duration.ofSeconds(Math.min(FOREVER.toSeconds(), Long.parseLong(digits)));
    }
}
