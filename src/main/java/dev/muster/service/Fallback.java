package dev.muster.service;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/// What stands in for a call whose upstream is in trouble. The last good response goes before the static body.
///
/// @param lastGood    oldest that the last good response to the same `GET` may be; absent: none is kept
/// @param maxSize     most bytes of last good responses kept for the service: as of a cache
/// @param body        a static body; absent: none
/// @param contentType its media type: `application/json`
/// @param status      its status: 200
public record Fallback(
        @DurationMin(millis = 1) @Nullable Duration lastGood,
        @Nullable DataSize maxSize,
        @Nullable String body,
        @DefaultValue("application/json") String contentType,
        @DefaultValue("200") @Min(200) @Max(599) int status) {

    @AssertTrue(message = "one of last-good and body must be given")
    boolean isGiven() {
        return lastGood != null || body != null;
    }
}
