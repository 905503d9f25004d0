package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.request.ReturnWhen;
import java.util.List;
import java.util.function.Predicate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// What is done and what is not, when a condition holds or time is up: asyncio's `wait`.
final class WaitStrategy implements BatchStrategy {

    private final ReturnWhen returnWhen;
    private final Siblings siblings;
    private final int concurrency;

    /// @param concurrency most calls in flight at once
    WaitStrategy(ReturnWhen returnWhen, Siblings siblings, int concurrency) {
        this.returnWhen = returnWhen;
        this.siblings = siblings;
        this.concurrency = concurrency;
    }

    /// Width and buffer are as with `as-completed`.
    @Override
    public Flux<CallOutcome> stream(List<Mono<CallOutcome>> calls) {
        return Flux.merge(Flux.fromIterable(calls), concurrency, 1)
                .doOnNext(this::landed)
                .onBackpressureBuffer(calls.size());
    }

    private void landed(CallOutcome outcome) {
        switch (returnWhen) {
            case ALL_COMPLETED -> {}
            case FIRST_EXCEPTION -> {
                if (isException(outcome)) {
                    siblings.cancel(CancelReason.SIBLING_FAILED);
                }
            }
            case FIRST_COMPLETED -> siblings.cancel(CancelReason.WINNER_FOUND);
        }
    }

    private static boolean isException(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _ -> true;
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Cancelled _ -> false;
        };
    }

    @Override
    public Verdict verdict(List<CallOutcome> outcomes) {
        boolean allSucceeded = outcomes.stream().allMatch(CallOutcome.Succeeded.class::isInstance);
        Predicate<CallOutcome> notDone = CallOutcome.Cancelled.class::isInstance;
        return new Verdict(
                allSucceeded ? BatchOutcome.COMPLETE : BatchOutcome.PARTIAL,
                null,
                false,
                null,
                ids(outcomes, notDone.negate()),
                ids(outcomes, notDone));
    }

    private static List<String> ids(List<CallOutcome> outcomes, Predicate<CallOutcome> which) {
        return outcomes.stream()
                .filter(which)
                .map(outcome -> outcome.call().id())
                .toList();
    }
}
