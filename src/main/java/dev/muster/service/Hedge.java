package dev.muster.service;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.convert.DurationStyle;

/// When a call that is late gets a second attempt, while the first goes on.
///
/// @param after how long to wait for the first: a duration such as `30ms`, or a percentile of the service's recent
///              latencies such as `p95`
/// @param max   most hedges of one call, each after the same time: 1
public record Hedge(
        @NotNull
        @Pattern(regexp = PERCENTILE + "|[0-9]+(us|ms|s)", message = "must be a duration such as 30ms, or p50 to p99.9")
        String after,

        @DefaultValue("1") @Min(1) @Max(5) int max) {

    private static final String PERCENTILE = "p[5-9][0-9](\\.[0-9])?";

    /// The percentile that `after` names, 50 to 99.9, or `null` if it is a duration.
    public @Nullable Double percentile() {
        return after.startsWith("p") ? Double.valueOf(after.substring(1)) : null;
    }

    /// The duration that `after` names, which must not be a percentile.
    public Duration delay() {
        return DurationStyle.SIMPLE.parse(after);
    }
}
