package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.request.OnFailure;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The rules of a group whose members are all wanted: what ends it early, and what it has come to.
final class Group {

    private final OnFailure onFailure;
    private final @Nullable Integer minSuccess;
    private final Siblings siblings;
    private final AtomicInteger succeeded = new AtomicInteger();
    private final AtomicInteger requiredOpen;

    private Group(OnFailure onFailure, @Nullable Integer minSuccess, int required, Siblings siblings) {
        this.onFailure = onFailure;
        this.minSuccess = minSuccess;
        this.siblings = siblings;
        this.requiredOpen = new AtomicInteger(required);
    }

    static Group of(BatchPlan plan, OnFailure onFailure, @Nullable Integer minSuccess, Siblings siblings) {
        int required = (int) plan.calls().stream().filter(CallPlan::required).count();
        return new Group(onFailure, minSuccess, required, siblings);
    }

    /// Applies the group's rules to an outcome. To be called once for each.
    void landed(CallOutcome outcome) {
        switch (outcome) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> succeeded.incrementAndGet();
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _ -> {
                if (onFailure == OnFailure.FAIL) {
                    siblings.cancel(CancelReason.SIBLING_FAILED);
                }
            }
            case CallOutcome.Cancelled _ -> {}
        }
        int required = outcome.call().required() ? requiredOpen.decrementAndGet() : requiredOpen.get();
        // A required call is waited for: cancelling it for the sake of the quorum would fail the batch.
        if (required == 0 && quorumReached()) {
            siblings.cancel(CancelReason.QUORUM_REACHED);
        }
    }

    private boolean quorumReached() {
        return minSuccess != null && succeeded.get() >= minSuccess;
    }

    Verdict verdict(List<CallOutcome> outcomes) {
        List<CallOutcome> decisive = outcomes.stream().filter(this::missesAim).toList();
        if (!decisive.isEmpty()) {
            return Verdict.failed(
                    describe(decisive.getFirst()), decisive.stream().anyMatch(CallOutcome.TimedOut.class::isInstance));
        }
        boolean aided = outcomes.stream().anyMatch(CallOutcome.FellBack.class::isInstance);
        boolean enough = quorumReached() || succeeded.get() == outcomes.size();
        return Verdict.met(enough && !aided ? BatchOutcome.COMPLETE : BatchOutcome.PARTIAL);
    }

    /// Whether the batch has failed because of this outcome.
    private boolean missesAim(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> false;
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _ ->
                outcome.call().required() || onFailure == OnFailure.FAIL || quorumMissed();
            case CallOutcome.Cancelled _ -> outcome.call().required() || quorumMissed();
        };
    }

    private String describe(CallOutcome decisive) {
        if (quorumMissed()) {
            return "%d of the %d calls that had to succeed did".formatted(succeeded.get(), minSuccess);
        }
        return "%s %s did not succeed"
                .formatted(
                        decisive.call().required() ? "required call" : "call",
                        decisive.call().id());
    }

    private boolean quorumMissed() {
        return minSuccess != null && succeeded.get() < minSuccess;
    }
}
