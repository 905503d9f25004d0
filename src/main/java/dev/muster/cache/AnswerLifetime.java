package dev.muster.cache;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/// For how long an answer may be reused that is made of several responses: no longer than any of them.
///
/// @param maxAge    without any word of an upstream it is nothing
/// @param isPrivate whether it is for one caller
/// @param isStored  whether it may be kept at all
public record AnswerLifetime(Duration maxAge, boolean isPrivate, boolean isStored) {

    /// That of an answer that is made of nothing.
    public static final AnswerLifetime LONGEST = new AnswerLifetime(DeltaSeconds.FOREVER, false, true);

    /// The same with one response more.
    ///
    /// @param headers of that response, by lower-cased name
    public AnswerLifetime with(Map<String, List<String>> headers) {
        CacheControl control = CacheControl.parse(headers.getOrDefault("cache-control", List.of()));
        Duration lifetime = control.has("no-cache") ? null : control.least("max-age");
        Duration age = headers.getOrDefault("age", List.of()).stream()
                .map(DeltaSeconds::parse)
                .filter(seconds -> seconds != null)
                .findFirst()
                .orElse(Duration.ZERO);
        Duration left = lifetime == null || lifetime.compareTo(age) < 0 ? Duration.ZERO : lifetime.minus(age);
        return new AnswerLifetime(
                left.compareTo(maxAge) < 0 ? left : maxAge,
                isPrivate || control.has("private"),
                isStored && !control.has("no-store"));
    }

    /// The same, but not to be used without asking.
    public AnswerLifetime unusable() {
        return new AnswerLifetime(Duration.ZERO, isPrivate, isStored);
    }
}
