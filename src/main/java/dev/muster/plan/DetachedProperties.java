package dev.muster.plan;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// What batches that outlive their request may take. One caller may have its share of each bound.
///
/// @param store        where they are kept: `memory`, of which only the instance knows that took them
/// @param timeout      budget of such a batch; a batch can only shorten it
/// @param retention    how long a batch is kept after its end
/// @param maxBatches   most of them that run or are kept
/// @param maxCalls     most calls of all of them together
/// @param maxBytes     most memory that they may hold, out of `muster.gateway.max-buffered`: while they run as other
///                     batches do, then what their results take. By default a quarter of it
/// @param maxFollowers most clients at once that are sent their results as streams
@Validated
@ConfigurationProperties("muster.detached")
public record DetachedProperties(
        @DefaultValue("memory") Store store,
        @DefaultValue("1h") @DurationMin(millis = 1) Duration timeout,
        @DefaultValue("1h") @DurationMin(millis = 1) Duration retention,
        @DefaultValue("1000") @Positive int maxBatches,
        @DefaultValue("100000") @Positive int maxCalls,
        @Nullable DataSize maxBytes,
        @DefaultValue("1000") @Positive int maxFollowers) {

    private static final int PART = 4;

    /// Where batches are kept.
    public enum Store {
        /// In the memory of the instance that took them.
        MEMORY
    }

    /// The memory that they may hold, of that of all batches.
    public long mostBytes(long batchBytes) {
        return maxBytes == null ? batchBytes / PART : maxBytes.toBytes();
    }
}
