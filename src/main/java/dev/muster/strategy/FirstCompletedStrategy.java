package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Result;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

/// The first success, the rest cancelled: `Mono.firstWithValue`, asyncio's `wait(FIRST_COMPLETED)` that skips errors.
final class FirstCompletedStrategy implements BatchStrategy {

    private final BitSet dependencies;
    private final Siblings siblings;
    private final AtomicReference<@Nullable Result> winner = new AtomicReference<>();

    /// @param dependencies the indexes of the calls that others wait for, which are there for those and cannot win
    FirstCompletedStrategy(BitSet dependencies, Siblings siblings) {
        this.dependencies = dependencies;
        this.siblings = siblings;
    }

    /// The winner, then the others in input order; where none won, all of them in input order.
    @Override
    public <R extends Result> Flux<R> stream(Flux<Mono<R>> calls) {
        return calls.collectList().flatMapMany(this::race);
    }

    private <R extends Result> Flux<R> race(List<Mono<R>> calls) {
        return Mono.firstWithValue(
                        calls.stream().map(call -> call.<R>handle(this::take)).toList())
                .doOnNext(winner::set)
                .thenMany(Flux.defer(() -> winnerFirst(calls)))
                .onErrorResume(_ -> Flux.concat(calls));
    }

    private <R extends Result> void take(R result, SynchronousSink<R> lane) {
        switch (result) {
            case CallOutcome.Succeeded _, CallOutcome.FellBack _
            when !dependencies.get(result.index()) -> {
                siblings.cancel(CancelReason.WINNER_FOUND);
                lane.next(result);
            }
            case CallOutcome.Succeeded _,
                    CallOutcome.FellBack _,
                    CallOutcome.Failed _,
                    CallOutcome.TimedOut _,
                    CallOutcome.Rejected _,
                    CallOutcome.Cancelled _,
                    InvalidCall _ -> lane.error(new DidNotWin());
        }
    }

    /// Every call has its outcome by now, so subscribing to it again starts nothing.
    private <R extends Result> Flux<R> winnerFirst(List<Mono<R>> calls) {
        Result first = winner.get();
        List<Mono<R>> ordered = new ArrayList<>(calls);
        if (first != null) {
            ordered.addFirst(ordered.remove(first.index()));
        }
        return Flux.concat(ordered);
    }

    @Override
    public Verdict verdict(BatchSummary.Counts counts) {
        Result first = winner.get();
        return first == null
                ? Verdict.failed(
                        counts.succeeded() == 0 ? "no call succeeded" : "no call succeeded but those that others need",
                        counts.timedOut() > 0)
                : new Verdict(BatchOutcome.COMPLETE, null, false, first.id(), null, null);
    }

    /// How a call that did not succeed leaves the race.
    private static final class DidNotWin extends RuntimeException {
        DidNotWin() {
            super("did not win", null, false, false);
        }
    }
}
