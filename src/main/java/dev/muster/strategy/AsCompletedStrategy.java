package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Each outcome as it lands: `Flux.merge`, asyncio's `as_completed`.
final class AsCompletedStrategy implements BatchStrategy {

    private final Group group;
    private final int concurrency;

    /// @param concurrency most calls in flight at once
    AsCompletedStrategy(Group group, int concurrency) {
        this.group = group;
        this.concurrency = concurrency;
    }

    /// `merge` is as wide as the batch's concurrency: a narrower one would keep calls from starting, and a wider one
    /// looks through all its places for each call that ends.
    ///
    /// The group hears of an outcome when it is in its place, before those that it cancels, and not later because
    /// the client reads slowly: hence the buffer, which holds what the calls have to hold anyway.
    @Override
    public Flux<CallOutcome> stream(List<Mono<CallOutcome>> calls) {
        return Flux.merge(Flux.fromIterable(calls), concurrency, 1)
                .doOnNext(group::landed)
                .onBackpressureBuffer(calls.size());
    }

    @Override
    public Mono<List<CallOutcome>> document(List<Mono<CallOutcome>> calls) {
        return stream(calls).collectList();
    }

    @Override
    public Verdict verdict(List<CallOutcome> outcomes) {
        return group.verdict(outcomes);
    }
}
