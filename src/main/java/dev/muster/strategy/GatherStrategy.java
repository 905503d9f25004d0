package dev.muster.strategy;

import dev.muster.outcome.Result;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// All results, in input order: `Mono.zip`, asyncio's `gather`.
final class GatherStrategy implements BatchStrategy {

    private final Group group;
    private final int window;

    /// @param window most calls from the first whose result has not been sent to the last that has been started
    GatherStrategy(Group group, int window) {
        this.group = group;
        this.window = window;
    }

    @Override
    public void ended(Result result) {
        group.ended(result);
    }

    /// A result is sent as soon as every earlier one is there.
    @Override
    public <R extends Result> Flux<R> stream(Flux<Mono<R>> calls) {
        return Flux.mergeSequential(calls.map(this::watched), window, 1);
    }

    @Override
    public <R extends Result> Mono<List<R>> document(List<Mono<R>> calls) {
        return Mono.zip(calls.stream().map(this::watched).toList(), GatherStrategy::listed);
    }

    /// It is made of results, and of nothing else.
    @SuppressWarnings("unchecked")
    private static <R extends Result> List<R> listed(Object[] results) {
        return (List<R>) (List<?>) List.of(results);
    }

    /// The group's rules are applied to a result as it lands, not when its turn comes.
    private <R extends Result> Mono<R> watched(Mono<R> call) {
        return call.doOnNext(group::landed);
    }

    @Override
    public Verdict verdict(BatchSummary.Counts counts) {
        return group.verdict(counts);
    }
}
