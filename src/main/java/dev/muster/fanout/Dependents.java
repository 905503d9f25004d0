package dev.muster.fanout;

import dev.muster.admission.Rounds;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.ResultValues;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.Dependent;
import dev.muster.template.JsonValue;
import dev.muster.template.Pointer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/// The calls of one batch that wait for others, by those.
final class Dependents {

    private final BatchRun batch;
    private final ResultValues results;
    private final Map<Integer, Waiting> byNeeded = new HashMap<>();
    private final Queue<CallOutcome> ended = new ConcurrentLinkedQueue<>();
    /// In rounds, so that a chain of calls that end as they begin does not end on the stack.
    private final Rounds rounds = new Rounds(this::tellAll);

    /// What waits for one call, and what it wants of its result.
    private record Waiting(List<DependentRun> calls, Set<Pointer> pointers) {}

    Dependents(BatchRun batch, ResultValues results) {
        this.batch = batch;
        this.results = results;
    }

    DependentRun add(DependentRun call, Dependent dependent) {
        dependent.on().forEach((needed, pointers) -> {
            Waiting waiting = byNeeded.computeIfAbsent(needed, _ -> new Waiting(new ArrayList<>(), new HashSet<>()));
            waiting.calls().add(call);
            waiting.pointers().addAll(pointers);
        });
        return call;
    }

    /// Has those that wait for a call go on, or end with it, once whoever else hears of `outcome` has: what that means
    /// for the batch goes before what it means for them.
    void ended(CallOutcome outcome) {
        if (byNeeded.containsKey(outcome.index())) {
            ended.add(outcome);
            rounds.another();
        }
    }

    private void tellAll() {
        for (CallOutcome outcome = ended.poll(); outcome != null; outcome = ended.poll()) {
            Waiting waiting = byNeeded.get(outcome.index());
            // Where the batch is cut short, all of its calls end by that.
            if (waiting != null && !batch.isCut()) {
                tell(outcome, waiting);
            }
        }
    }

    private void tell(CallOutcome outcome, Waiting waiting) {
        switch (outcome) {
            case CallOutcome.Succeeded succeeded -> goOn(outcome, succeeded.response(), waiting);
            case CallOutcome.FellBack fellBack -> goOn(outcome, fellBack.response(), waiting);
            case CallOutcome.Failed _, CallOutcome.TimedOut _, CallOutcome.Rejected _, CallOutcome.Cancelled _ ->
                waiting.calls().forEach(call -> call.didNotSucceed(outcome));
        }
    }

    private void goOn(CallOutcome outcome, UpstreamResponse response, Waiting waiting) {
        Map<Pointer, JsonValue> values =
                waiting.pointers().isEmpty() ? Map.of() : results.of(outcome, response, waiting.pointers());
        waiting.calls().forEach(call -> call.succeeded(outcome, values));
    }
}
