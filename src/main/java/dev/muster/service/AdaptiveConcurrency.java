package dev.muster.service;

import jakarta.validation.constraints.AssertTrue;
import jakarta.validation.constraints.Positive;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// A limit of calls in flight that follows the service's latency: it grows while answers are as quick as ever, and
/// shrinks when they queue.
///
/// @param initial the limit to begin with: 20
/// @param min     it never shrinks below this: 5
/// @param max     nor grows above this: 500
public record AdaptiveConcurrency(
        @DefaultValue("20") @Positive int initial,
        @DefaultValue("5") @Positive int min,
        @DefaultValue("500") @Positive int max) {

    @AssertTrue(message = "min <= initial <= max must hold")
    boolean isOrdered() {
        return min <= initial && initial <= max;
    }
}
