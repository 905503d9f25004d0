package dev.muster.strategy;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.Strategy;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import java.util.Comparator;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// How the outcomes of one batch become its answer.
///
/// An instance serves one batch. Its calls are cold, start when they are subscribed to, and each emits exactly one
/// outcome, never an error. Cancelling a call's subscription cancels the call.
public interface BatchStrategy {

    /// The strategy that `plan` asks for, over a batch that has those `siblings`.
    static BatchStrategy of(BatchPlan plan, Siblings siblings) {
        return switch (plan.strategy()) {
            case Strategy.Gather(OnFailure onFailure, Integer minSuccess) ->
                new GatherStrategy(Group.of(plan, onFailure, minSuccess, siblings));
            case Strategy.AsCompleted(OnFailure onFailure, Integer minSuccess) ->
                new AsCompletedStrategy(Group.of(plan, onFailure, minSuccess, siblings), plan.concurrency());
            case Strategy.FirstCompleted() -> new FirstCompletedStrategy(siblings);
            case Strategy.Wait(ReturnWhen returnWhen) -> new WaitStrategy(returnWhen, siblings, plan.concurrency());
        };
    }

    /// Every outcome of the batch, each as soon as the strategy yields it; ends when the batch does.
    Flux<CallOutcome> stream(List<Mono<CallOutcome>> calls);

    /// Every outcome of the batch at once, when the batch has ended: in input order, unless the strategy is about
    /// another.
    default Mono<List<CallOutcome>> document(List<Mono<CallOutcome>> calls) {
        return stream(calls)
                .collectSortedList(
                        Comparator.comparingInt(outcome -> outcome.call().index()));
    }

    /// What to say of the batch, of which these are the outcomes in input order.
    Verdict verdict(List<CallOutcome> outcomes);
}
