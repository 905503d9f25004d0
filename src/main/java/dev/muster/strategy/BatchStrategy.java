package dev.muster.strategy;

import dev.muster.outcome.Result;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.Strategy;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import java.util.Comparator;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// How the results of one batch become its answer.
///
/// An instance serves one batch. Its calls are cold, start when they are subscribed to, and each emits exactly one
/// result, never an error. Cancelling a call's subscription cancels the call.
public interface BatchStrategy {

    /// The strategy that `plan` asks for, over a batch that has those `siblings`.
    static BatchStrategy of(BatchPlan plan, Siblings siblings) {
        return switch (plan.strategy()) {
            case Strategy.Gather(OnFailure onFailure, Integer minSuccess) ->
                new GatherStrategy(Group.of(plan, onFailure, minSuccess, siblings), window(plan));
            case Strategy.AsCompleted(OnFailure onFailure, Integer minSuccess) ->
                new AsCompletedStrategy(
                        Group.of(plan, onFailure, minSuccess, siblings),
                        plan.limits().begun());
            case Strategy.FirstCompleted() -> new FirstCompletedStrategy(plan.dependencies(), siblings);
            case Strategy.Wait(ReturnWhen returnWhen, boolean _) -> new WaitStrategy(plan, returnWhen, siblings);
        };
    }

    /// The concurrency of a document is that of its gate: here a slow call would keep those behind it from starting.
    /// Where there is no end, it has to.
    private static int window(BatchPlan plan) {
        return plan.isEndless() ? plan.limits().concurrency() : plan.calls().size();
    }

    /// Hears of every result as its call ends, on any thread, before its subscribers do and whether or not there is
    /// one. To be kept is what decides the verdict and is not in the counts.
    default void ended(Result result) {}

    /// Every result of the batch, each as soon as the strategy yields it; ends when the batch does.
    <R extends Result> Flux<R> stream(Flux<Mono<R>> calls);

    /// Every result of the batch at once, when the batch has ended: in input order, unless the strategy is about
    /// another.
    default <R extends Result> Mono<List<R>> document(List<Mono<R>> calls) {
        return stream(Flux.fromIterable(calls)).collectSortedList(Comparator.comparingInt(Result::index));
    }

    /// What to say of the batch, when it has heard of every result.
    ///
    /// @param counts of them all
    Verdict verdict(BatchSummary.Counts counts);
}
