package dev.muster.plan;

import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// What all batches together may take.
///
/// @param maxInFlight  most calls of all batches in flight at once. By default 4096, or one for each 8 KB of the heap
///                     beyond 32 MB if that is fewer: half of it is for batches, and the connection of a call takes
///                     4 KB
/// @param maxWaiting   most calls of all batches that wait for a slot; a batch that would exceed it is refused as
///                     `overloaded`, unless its caller has no more than an equal part of slots and places
/// @param maxQueueTime longest time that a call is expected to wait for a slot and its event loop; a batch that
///                     comes when it would be longer, or as long as the batch's own budget, is refused as
///                     `overloaded`. In a burst, until calls have waited for so long, it may be half of the
///                     batch's budget. By default a quarter of `timeout`
/// @param maxBuffered  most memory that the batches taken on may hold until their answers have left: the bytes of
///                     their documents, 2 KB for each call, and twice the bytes of their responses. By default
///                     half of the heap beyond 32 MB, or an eighth of it if that is more, less what caches may
///                     take, but half of that at least
@Validated
@ConfigurationProperties("muster.gateway")
public record CapacityProperties(
        @Positive @Nullable Integer maxInFlight,
        @DefaultValue("4096") @PositiveOrZero int maxWaiting,
        @DurationMin(millis = 1) @Nullable Duration maxQueueTime,
        @Nullable DataSize maxBuffered) {

    /// Most calls of all batches in flight at once.
    public int mostInFlight() {
        return maxInFlight == null ? HeapShares.mostInFlight() : maxInFlight;
    }
}
