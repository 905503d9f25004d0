package dev.muster.admission;

import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.Positive;
import org.jspecify.annotations.Nullable;

/// One entry of `muster.callers`: what a caller may take. What an entry leaves out, it takes from the entry `default`;
/// what that leaves out is the value named here.
///
/// @param rate  calls a second, however they are put into batches: without limit
/// @param burst most calls at once, when none were made for a while: as many as a batch may have, or `rate` if that is
///              more
/// @param share how much of the gateway one caller may use at once, above 0 up to 1: of its calls in flight, of its
///              waiting calls, of its memory for batches. 0.5, so that no caller alone can fill it; 1 where callers are
///              not told apart
/// @param may   what it may do: everything
public record CallerProperties(
        @Positive @Nullable Integer rate,
        @Positive @Nullable Integer burst,
        @Positive @DecimalMax("1") @Nullable Double share,
        @Nullable MayProperties may) {}
