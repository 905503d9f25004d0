package dev.muster.admission;

import dev.muster.plan.DetachedProperties;

/// How much there is room for of batches that outlive their request.
///
/// @param batches   most of them
/// @param calls     most calls of all of them
/// @param bytes     most memory that they may hold, of that of all batches
/// @param followers most clients that follow one of them
public record RetainedLimits(int batches, int calls, long bytes, int followers) {

    /// Where there are none.
    public static final RetainedLimits NONE = new RetainedLimits(0, 0, 0, 0);

    /// Those that are configured, where all batches may hold so many bytes.
    public static RetainedLimits of(DetachedProperties detached, long batchBytes) {
        return new RetainedLimits(
                detached.maxBatches(), detached.maxCalls(), detached.mostBytes(batchBytes), detached.maxFollowers());
    }
}
