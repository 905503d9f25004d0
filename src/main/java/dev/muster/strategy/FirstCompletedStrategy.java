package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/// The first success, the rest cancelled: `Mono.firstWithValue`, asyncio's `wait(FIRST_COMPLETED)` that skips errors.
final class FirstCompletedStrategy implements BatchStrategy {

    private final Siblings siblings;
    private final AtomicReference<@Nullable CallOutcome> winner = new AtomicReference<>();

    FirstCompletedStrategy(Siblings siblings) {
        this.siblings = siblings;
    }

    /// The winner, then the others in input order; where none won, all of them in input order.
    @Override
    public Flux<CallOutcome> stream(List<Mono<CallOutcome>> calls) {
        return Mono.firstWithValue(
                        calls.stream().map(call -> call.handle(this::race)).toList())
                .doOnNext(winner::set)
                .thenMany(Flux.defer(() -> winnerFirst(calls)))
                .onErrorResume(_ -> Flux.concat(calls));
    }

    private void race(CallOutcome outcome, SynchronousSink<CallOutcome> lane) {
        switch (outcome) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _ -> {
                siblings.cancel(CancelReason.WINNER_FOUND);
                lane.next(outcome);
            }
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _, CallOutcome.Cancelled _ ->
                lane.error(new DidNotWin());
        }
    }

    /// Every call has its outcome by now, so subscribing to it again starts nothing.
    private Flux<CallOutcome> winnerFirst(List<Mono<CallOutcome>> calls) {
        CallOutcome first = winner.get();
        List<Mono<CallOutcome>> ordered = new ArrayList<>(calls);
        if (first != null) {
            ordered.addFirst(ordered.remove(first.call().index()));
        }
        return Flux.concat(ordered);
    }

    @Override
    public Verdict verdict(List<CallOutcome> outcomes) {
        CallOutcome first = winner.get();
        return first == null
                ? Verdict.failed(
                        "no call succeeded", outcomes.stream().anyMatch(CallOutcome.TimedOut.class::isInstance))
                : new Verdict(BatchOutcome.COMPLETE, null, false, first.call().id(), null, null);
    }

    /// How a call that did not succeed leaves the race.
    private static final class DidNotWin extends RuntimeException {
        DidNotWin() {
            super("did not win", null, false, false);
        }
    }
}
