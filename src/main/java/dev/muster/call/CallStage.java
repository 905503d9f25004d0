package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import java.util.List;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Mono;

/// One thing that happens to a call on its way. A stage is given the one after it, and asks that for an outcome as
/// often as it needs one: not at all, once, or again.
@FunctionalInterface
interface CallStage {

    /// Makes `call` from this stage on. The result is never an error and never empty; it is to be subscribed to at
    /// once, and cancelling it gives up what is under way.
    ///
    /// @param live the state of the call
    Mono<CallOutcome> call(CallPlan call, LiveCall live);

    /// `innermost` with `stages` around it, the first of them outermost.
    static CallStage around(CallStage innermost, List<UnaryOperator<CallStage>> stages) {
        CallStage all = innermost;
        for (UnaryOperator<CallStage> stage : stages.reversed()) {
            all = stage.apply(all);
        }
        return all;
    }
}
