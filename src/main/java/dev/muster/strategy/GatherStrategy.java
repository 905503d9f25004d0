package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import java.util.List;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// All outcomes, in input order: `Mono.zip`, asyncio's `gather`.
final class GatherStrategy implements BatchStrategy {

    private final Group group;

    GatherStrategy(Group group) {
        this.group = group;
    }

    /// An outcome is sent as soon as every earlier one is there. The concurrency is that of the batch's gate: a
    /// lower one here would let a slow call keep those behind it from starting.
    @Override
    public Flux<CallOutcome> stream(List<Mono<CallOutcome>> calls) {
        return Flux.mergeSequential(watched(calls), calls.size(), 1);
    }

    @Override
    public Mono<List<CallOutcome>> document(List<Mono<CallOutcome>> calls) {
        return Mono.zip(
                watched(calls),
                outcomes -> Stream.of(outcomes).map(CallOutcome.class::cast).toList());
    }

    /// The group hears of an outcome as it lands, not when its turn comes.
    private List<Mono<CallOutcome>> watched(List<Mono<CallOutcome>> calls) {
        return calls.stream().map(call -> call.doOnNext(group::landed)).toList();
    }

    @Override
    public Verdict verdict(List<CallOutcome> outcomes) {
        return group.verdict(outcomes);
    }
}
