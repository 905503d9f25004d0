package dev.muster.answer;

import dev.muster.request.StrategyName;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary;
import java.util.UUID;

/// How far a batch is.
///
/// @param counts  of the calls that have landed
/// @param pending how many have not
public record Progress(
        UUID id,
        StrategyName strategy,
        BatchOutcome outcome,
        long elapsedNanos,
        BatchSummary.Counts counts,
        int pending) {}
