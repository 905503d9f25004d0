package dev.muster.strategy;

import dev.muster.outcome.Result;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Each result as it lands: `Flux.merge`, asyncio's `as_completed`.
final class AsCompletedStrategy implements BatchStrategy {

    private final Group group;
    private final int begun;

    /// @param begun most calls that are in flight or wait for anything
    AsCompletedStrategy(Group group, int begun) {
        this.group = group;
        this.begun = begun;
    }

    @Override
    public void ended(Result result) {
        group.ended(result);
    }

    /// `merge` is as wide as the calls that have begun: a narrower one would keep calls from starting, and a wider one
    /// looks through all its places for each call that ends.
    ///
    /// The group's rules are applied to a result when it is in its place: the calls that it cancels come after it.
    @Override
    public <R extends Result> Flux<R> stream(Flux<Mono<R>> calls) {
        return Flux.merge(calls, begun, 1).doOnNext(group::landed);
    }

    @Override
    public <R extends Result> Mono<List<R>> document(List<Mono<R>> calls) {
        return stream(Flux.fromIterable(calls)).collectList();
    }

    @Override
    public Verdict verdict(BatchSummary.Counts counts) {
        return group.verdict(counts);
    }
}
