package dev.muster.strategy;

import dev.muster.call.CallOutcome;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Each outcome as it lands: `Flux.merge`, asyncio's `as_completed`.
final class AsCompletedStrategy implements BatchStrategy {

    private final Group group;

    AsCompletedStrategy(Group group) {
        this.group = group;
    }

    /// Without its own concurrency, `merge` would silently stop at 256; the batch's gate is what bounds the calls.
    @Override
    public Flux<CallOutcome> stream(List<Mono<CallOutcome>> calls) {
        return Flux.merge(Flux.fromIterable(group.watch(calls)), calls.size(), 1);
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
