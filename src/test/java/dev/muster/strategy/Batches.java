package dev.muster.strategy;

import dev.muster.call.CallPlans;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.BatchLimits;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.plan.Strategy;
import dev.muster.request.AnswerShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A batch made by hand: each call's outcome comes when the test says, and what the strategy cancels is written down.
///
/// As in a real batch, cancelling gives every call without an outcome one at once.
final class Batches {

    static final Trace TRACE = new Trace(1, 1, true, List.of(), PhaseTimes.NONE);
    static final Duration BUDGET = Duration.ofMillis(300);

    private final List<CallPlan> plans;
    private final List<Sinks.One<CallOutcome>> landings = new ArrayList<>();
    private final Set<Integer> endings = new LinkedHashSet<>();
    private final List<CancelReason> cancelled = new ArrayList<>();
    private final BatchSummary.Tally tally = new BatchSummary.Tally();
    private final BatchStrategy strategy;

    /// A batch whose calls all run at once.
    ///
    /// @param required the indexes of the required calls
    Batches(Strategy strategy, int size, Integer... required) {
        this(size, strategy, size, required);
    }

    /// @param concurrency most calls in flight at once
    /// @param required    the indexes of the required calls
    Batches(int concurrency, Strategy strategy, int size, Integer... required) {
        this.plans = IntStream.range(0, size)
                .mapToObj(index -> {
                    CallPlans plan = CallPlans.at(index);
                    return (List.of(required).contains(index) ? plan.required() : plan).build();
                })
                .toList();
        plans.forEach(_ -> landings.add(Sinks.one()));
        this.strategy = BatchStrategy.of(plan(concurrency, strategy, plans), this::cancel);
    }

    static BatchPlan plan(Strategy strategy, List<CallPlan> calls) {
        return plan(calls.size(), strategy, calls);
    }

    private static BatchPlan plan(int concurrency, Strategy strategy, List<CallPlan> calls) {
        return new BatchPlan(
                new UUID(0, 0),
                strategy,
                0,
                Deadline.after(0, Layer.GATEWAY, Duration.ofSeconds(1)),
                new BatchLimits(concurrency, concurrency, 1 << 20),
                AnswerShape.RESULTS,
                calls,
                BatchPlan.ANONYMOUS);
    }

    BatchStrategy strategy() {
        return strategy;
    }

    List<Mono<CallOutcome>> calls() {
        return landings.stream().map(Sinks.One::asMono).toList();
    }

    /// What a client sees that asks for a stream.
    Flux<CallOutcome> stream() {
        return strategy.stream(Flux.fromIterable(calls()));
    }

    /// What the strategy cancelled, in order; only the first counts in a real batch.
    List<CancelReason> cancelled() {
        return cancelled;
    }

    /// How many calls somebody waits for.
    long started() {
        return landings.stream()
                .filter(landing -> landing.currentSubscriberCount() > 0)
                .count();
    }

    void succeed(int index) {
        land(index, succeeded(plans.get(index)));
    }

    void fail(int index) {
        land(index, failed(plans.get(index)));
    }

    void timeOut(int index) {
        land(index, timedOut(plans.get(index)));
    }

    void reject(int index) {
        land(index, rejected(plans.get(index)));
    }

    void cancel(CancelReason reason) {
        boolean first = cancelled.isEmpty();
        cancelled.add(reason);
        if (first) {
            for (CallPlan plan : plans) {
                land(plan.index(), new CallOutcome.Cancelled(plan, TRACE, reason));
            }
        }
    }

    /// The verdict over every outcome; every call must have one.
    Verdict verdict() {
        return strategy.verdict(tally.counts());
    }

    /// Indexes of the calls in the order in which they ended.
    List<Integer> endings() {
        return List.copyOf(endings);
    }

    private void land(int index, CallOutcome outcome) {
        if (endings.add(index)) {
            strategy.ended(outcome);
            tally.add(outcome);
            landings.get(index).tryEmitValue(outcome).orThrow();
        }
    }

    static CallOutcome succeeded(CallPlan call) {
        return new CallOutcome.Succeeded(call, TRACE, new UpstreamResponse(200, Map.of(), new byte[0]));
    }

    static CallOutcome failed(CallPlan call) {
        return new CallOutcome.Failed(call, TRACE, FailureType.CONNECTION_RESET, "reset", null);
    }

    static CallOutcome timedOut(CallPlan call) {
        return new CallOutcome.TimedOut(call, TRACE, new Deadline(0, Layer.SERVICE, BUDGET), Phase.RESPONSE);
    }

    static CallOutcome rejected(CallPlan call) {
        return new CallOutcome.Rejected(call, TRACE, RejectionType.EGRESS_DENIED, "denied");
    }
}
