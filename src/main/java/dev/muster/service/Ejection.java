package dev.muster.service;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// When one of a service's several `base-urls` is passed over.
///
/// @param consecutiveFailures after so many failures in a row: 5
/// @param duration            for how long, times the number of its ejections in a row, at most ten times: 5 s
public record Ejection(
        @DefaultValue("5") @Positive int consecutiveFailures,
        @DefaultValue("5s") @DurationMin(millis = 1) Duration duration) {}
