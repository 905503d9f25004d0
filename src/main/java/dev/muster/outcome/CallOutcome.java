package dev.muster.outcome;

import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import org.jspecify.annotations.Nullable;

/// What became of a call. Every call of a batch ends with exactly one; a failure is data here, never an exception.
public sealed interface CallOutcome extends Result {

    CallPlan call();

    @Override
    default String id() {
        return call().id();
    }

    @Override
    default int index() {
        return call().index();
    }

    @Override
    default boolean required() {
        return call().rules().required();
    }

    Trace trace();

    /// A response came whose status counts as success.
    record Succeeded(CallPlan call, Trace trace, UpstreamResponse response) implements CallOutcome {}

    /// Its upstream was in trouble, and what its service keeps for that case stands in. The caller has a response
    /// to work with, so that it counts as a success; but its batch is not complete.
    ///
    /// @param response what stands in
    /// @param replaced what would have been the outcome
    record FellBack(CallPlan call, Trace trace, UpstreamResponse response, CallOutcome replaced)
            implements CallOutcome {}

    /// It failed by its own doing or its upstream's.
    ///
    /// @param detail   what happened, without anything internal
    /// @param response what came nevertheless, or `null`
    record Failed(
            CallPlan call,
            Trace trace,
            FailureType type,
            String detail,
            @Nullable UpstreamResponse response) implements CallOutcome {}

    /// Its time was up.
    ///
    /// @param passed the deadline that passed
    /// @param phase  what it was waiting for
    record TimedOut(CallPlan call, Trace trace, Deadline passed, Phase phase) implements CallOutcome {}

    /// It was not sent where it wanted to go.
    ///
    /// @param detail the rule, without any address
    record Rejected(CallPlan call, Trace trace, RejectionType type, String detail) implements CallOutcome {

        /// What was rejected before anything was sent was not tried.
        public Rejected {
            trace = trace.sent() ? trace : trace.untried();
        }
    }

    /// It was no longer wanted.
    record Cancelled(CallPlan call, Trace trace, CancelReason reason) implements CallOutcome {}
}
