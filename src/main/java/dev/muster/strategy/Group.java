package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Result;
import dev.muster.plan.BatchPlan;
import dev.muster.request.OnFailure;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The rules of a group whose members are all wanted: what ends it early, and what it has come to.
///
/// Of the results it keeps nothing but how many succeeded and what decides, so that there may be any number of them.
final class Group {

    private final OnFailure onFailure;
    private final @Nullable Integer minSuccess;
    private final Siblings siblings;
    private final AtomicInteger requiredOpen;
    /// How many have succeeded; it and the rest is changed under this object's lock.
    private volatile int succeeded;

    private boolean aided;
    /// What a call of this group must not come to: where that came from first, in input order.
    private int firstMissed = Integer.MAX_VALUE;

    private String missed = "";
    private boolean missedByTimeout;

    private Group(OnFailure onFailure, @Nullable Integer minSuccess, int required, Siblings siblings) {
        this.onFailure = onFailure;
        this.minSuccess = minSuccess;
        this.siblings = siblings;
        this.requiredOpen = new AtomicInteger(required);
    }

    static Group of(BatchPlan plan, OnFailure onFailure, @Nullable Integer minSuccess, Siblings siblings) {
        int required = (int)
                plan.calls().stream().filter(call -> call.rules().required()).count();
        return new Group(onFailure, minSuccess, required, siblings);
    }

    /// Counts a result. To be called once for each, before [#landed].
    synchronized void ended(Result result) {
        switch (result) {
            case CallOutcome.Succeeded _ -> succeeded++;
            case CallOutcome.FellBack _ -> {
                succeeded++;
                aided = true;
            }
            case CallOutcome.TimedOut _ -> {
                if (mustSucceed(result)) {
                    missed(result);
                    missedByTimeout = true;
                }
            }
            case CallOutcome.Failed _, CallOutcome.Rejected _, InvalidCall _ -> {
                if (mustSucceed(result)) {
                    missed(result);
                }
            }
            case CallOutcome.Cancelled _ -> {
                if (result.required()) {
                    missed(result);
                }
            }
        }
    }

    private boolean mustSucceed(Result result) {
        return result.required() || onFailure == OnFailure.FAIL;
    }

    private void missed(Result result) {
        if (result.index() < firstMissed) {
            firstMissed = result.index();
            missed = "%s %s did not succeed".formatted(result.required() ? "required call" : "call", result.id());
        }
    }

    /// Applies the group's rules to a result. To be called once for each.
    void landed(Result result) {
        switch (result) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Cancelled _ -> {}
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _, InvalidCall _ -> {
                if (onFailure == OnFailure.FAIL) {
                    siblings.cancel(CancelReason.SIBLING_FAILED);
                }
            }
        }
        int required = result.required() ? requiredOpen.decrementAndGet() : requiredOpen.get();
        // A required call is waited for: cancelling it for the sake of the quorum would fail the batch.
        if (required == 0 && quorumReached()) {
            siblings.cancel(CancelReason.QUORUM_REACHED);
        }
    }

    private boolean quorumReached() {
        return minSuccess != null && succeeded >= minSuccess;
    }

    synchronized Verdict verdict(BatchSummary.Counts counts) {
        if (minSuccess != null && succeeded < minSuccess) {
            return Verdict.failed(
                    "%d of the %d calls that had to succeed did".formatted(succeeded, minSuccess),
                    counts.timedOut() > 0);
        }
        if (firstMissed != Integer.MAX_VALUE) {
            return Verdict.failed(missed, missedByTimeout);
        }
        boolean enough = quorumReached() || succeeded == counts.all();
        return Verdict.met(enough && !aided ? BatchOutcome.COMPLETE : BatchOutcome.PARTIAL);
    }
}
