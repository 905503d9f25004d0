package dev.muster.service;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;

/// What a call to a service has that does not say otherwise.
///
/// @param timeout        budget of one call: 300 ms
/// @param required       whether a batch fails without this service's call: no
/// @param redirects      most redirects to follow, 0 to 5: 0
/// @param compression    whether to ask the service for `gzip`: yes
/// @param forwardHeaders headers of the client's request that go with calls to the origin of `base-url`, besides
///                       those of the gateway: none
public record CallProperties(
        @DurationMin(millis = 1) @Nullable Duration timeout,
        @Nullable Boolean required,
        @Min(0) @Max(5) @Nullable Integer redirects,
        @Nullable Boolean compression,
        @Nullable List<@NotBlank String> forwardHeaders) {

    CallSettings orElse(CallSettings other) {
        return new CallSettings(
                Objects.requireNonNullElse(timeout, other.timeout()),
                Objects.requireNonNullElse(required, other.required()),
                Objects.requireNonNullElse(redirects, other.redirects()),
                Objects.requireNonNullElse(compression, other.compression()),
                forwardHeaders == null ? other.forwardHeaders() : lowerCased(forwardHeaders));
    }

    static Set<String> lowerCased(List<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }
}
