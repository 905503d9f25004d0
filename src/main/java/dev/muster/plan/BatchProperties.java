package dev.muster.plan;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// What one batch may ask for.
///
/// @param timeout        budget of a batch, from when it is accepted; a batch can only shorten it
/// @param streamTimeout  budget of a batch whose calls come as lines; a batch can only shorten it
/// @param maxRequests    most calls in one batch document
/// @param maxConcurrency most calls of one batch in flight at once; a batch can only lower it
/// @param maxRequestSize most bytes of a batch document
@Validated
@ConfigurationProperties("muster.gateway")
public record BatchProperties(
        @DefaultValue("1s") @DurationMin(millis = 1) Duration timeout,
        @DefaultValue("1h") @DurationMin(millis = 1) Duration streamTimeout,
        @DefaultValue("1000") @Positive int maxRequests,
        @DefaultValue("256") @Positive int maxConcurrency,
        @DefaultValue("2MB") DataSize maxRequestSize) {

    /// The bytes that documents on their way may hold, of those of all batches: half, or one document.
    public long uploadBytes(long batchBytes) {
        return Math.max(batchBytes / 2, Math.min(batchBytes, maxRequestSize.toBytes()));
    }
}
