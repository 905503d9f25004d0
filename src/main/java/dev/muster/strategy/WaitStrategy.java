package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Result;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.request.ReturnWhen;
import java.util.BitSet;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What is done and what is not, when a condition holds or time is up: asyncio's `wait`.
final class WaitStrategy implements BatchStrategy {

    private final BatchPlan plan;
    private final ReturnWhen returnWhen;
    private final Siblings siblings;
    /// The calls that were done, by index, and how many succeeded; guarded by this object's lock.
    private final BitSet done = new BitSet();

    private int succeeded;

    WaitStrategy(BatchPlan plan, ReturnWhen returnWhen, Siblings siblings) {
        this.plan = plan;
        this.returnWhen = returnWhen;
        this.siblings = siblings;
    }

    @Override
    public synchronized void ended(Result result) {
        switch (result) {
            case CallOutcome.Succeeded _ -> {
                done.set(result.index());
                succeeded++;
            }
            case CallOutcome.FellBack _,
                    CallOutcome.Failed _,
                    CallOutcome.TimedOut _,
                    CallOutcome.Rejected _,
                    InvalidCall _ -> done.set(result.index());
            case CallOutcome.Cancelled _ -> {}
        }
    }

    /// The width is as with `as-completed`.
    @Override
    public <R extends Result> Flux<R> stream(Flux<Mono<R>> calls) {
        return Flux.merge(calls, plan.limits().begun(), 1).doOnNext(this::landed);
    }

    private void landed(Result result) {
        switch (returnWhen) {
            case ALL_COMPLETED -> {}
            case FIRST_EXCEPTION -> {
                if (isException(result)) {
                    siblings.cancel(CancelReason.SIBLING_FAILED);
                }
            }
            case FIRST_COMPLETED -> siblings.cancel(CancelReason.WINNER_FOUND);
        }
    }

    private static boolean isException(Result result) {
        return switch (result) {
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _, InvalidCall _ -> true;
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Cancelled _ -> false;
        };
    }

    @Override
    public synchronized Verdict verdict(BatchSummary.Counts counts) {
        return new Verdict(
                succeeded == plan.calls().size() ? BatchOutcome.COMPLETE : BatchOutcome.PARTIAL,
                null,
                false,
                null,
                ids(true),
                ids(false));
    }

    private List<String> ids(boolean ofDone) {
        return plan.calls().stream()
                .filter(call -> done.get(call.index()) == ofDone)
                .map(CallPlan::id)
                .toList();
    }
}
