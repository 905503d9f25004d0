package dev.muster.bench;

import org.jspecify.annotations.Nullable;

/// One line of the table.
///
/// @param row    the row it was taken by
/// @param what   what was measured, of which subject
/// @param unit   of the samples; empty for a ratio
/// @param most   what the median may be at most, or `null` where there is no target
record Figure(
        String row,
        String what,
        String unit,
        Samples samples,
        @Nullable Double most) {

    /// Whether the target is reached; `null` where there is none.
    @Nullable
    Boolean met() {
        return most == null ? null : samples.median() <= most;
    }
}
