package dev.muster.observability;

import dev.muster.outcome.CallOutcome;

/// What outcomes are called in meters, traces and the log: as in the answer.
final class Outcomes {

    private Outcomes() {}

    static String name(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> "succeeded";
            case CallOutcome.Failed _ -> "failed";
            case CallOutcome.TimedOut _ -> "timed-out";
            case CallOutcome.Rejected _ -> "rejected";
            case CallOutcome.Cancelled _ -> "cancelled";
        };
    }

    /// The `error.type` of the answer; of a fallback, that of what it replaced.
    static String error(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded _ -> MeterNames.NONE;
            case CallOutcome.FellBack fellBack -> error(fellBack.replaced());
            case CallOutcome.Failed failed -> failed.type().wireName();
            case CallOutcome.TimedOut _ -> "timeout";
            case CallOutcome.Rejected rejected -> rejected.type().wireName();
            case CallOutcome.Cancelled cancelled -> cancelled.reason().wireName();
        };
    }
}
