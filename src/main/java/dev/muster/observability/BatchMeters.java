package dev.muster.observability;

import dev.muster.admission.BatchRefusedException;
import dev.muster.admission.Refusal;
import dev.muster.call.LiveCall;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.RunListener;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.request.StrategyName;
import dev.muster.service.Service;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import reactor.util.context.ContextView;

/// Counts and times batches and their calls.
public final class BatchMeters implements BatchListener {

    /// What the outcome of a batch is called whose client went away: nobody has seen its verdict.
    private static final String ABANDONED = "abandoned";

    private final Map<String, CallMeters> calls = new HashMap<>();
    private final Map<StrategyName, Map<BatchOutcome, Timer>> batches = new EnumMap<>(StrategyName.class);
    private final Map<StrategyName, Timer> abandoned = new EnumMap<>(StrategyName.class);
    private final Map<Refusal, Counter> refused = new EnumMap<>(Refusal.class);

    /// @param services every service that there is; calls to no other may be heard of
    public BatchMeters(Collection<Service> services, MeterRegistry registry) {
        services.forEach(service -> calls.put(service.name(), new CallMeters(service, registry)));
        for (StrategyName strategy : StrategyName.values()) {
            Map<BatchOutcome, Timer> byOutcome = new EnumMap<>(BatchOutcome.class);
            for (BatchOutcome outcome : BatchOutcome.values()) {
                if (outcome != BatchOutcome.RUNNING) {
                    byOutcome.put(outcome, timer(strategy, outcome.wireName(), registry));
                }
            }
            batches.put(strategy, byOutcome);
            abandoned.put(strategy, timer(strategy, ABANDONED, registry));
        }
        for (Refusal reason : Refusal.values()) {
            refused.put(
                    reason,
                    Counter.builder(MeterNames.BATCHES_REFUSED)
                            .description("Batches refused before anything was sent")
                            .tag(MeterNames.REASON, reason.wireName())
                            .register(registry));
        }
    }

    private static Timer timer(StrategyName strategy, String outcome, MeterRegistry registry) {
        return Timer.builder(MeterNames.BATCHES)
                .description("Time of batches, from being accepted until all of their calls have ended")
                .tag(MeterNames.STRATEGY, strategy.wireName())
                .tag(MeterNames.OUTCOME, outcome)
                .serviceLevelObjectives(MeterNames.buckets())
                .register(registry);
    }

    @Override
    public void refused(BatchRefusedException refusal, String principal) {
        Objects.requireNonNull(refused.get(refusal.reason())).increment();
    }

    @Override
    public RunListener began(BatchPlan plan, ContextView context) {
        return new Run();
    }

    private final class Run implements RunListener {

        private volatile boolean clientLeft;

        @Override
        public void callStarted(CallPlan call, LiveCall live) {}

        @Override
        public void callEnded(CallOutcome outcome) {
            Objects.requireNonNull(calls.get(outcome.call().service().name())).record(outcome);
            if (outcome instanceof CallOutcome.Cancelled cancelled
                    && cancelled.reason() == CancelReason.CLIENT_CANCELLED) {
                clientLeft = true;
            }
        }

        @Override
        public void ended(BatchSummary summary) {
            StrategyName strategy = summary.plan().strategy().name();
            Timer timer = clientLeft
                    ? abandoned.get(strategy)
                    : Objects.requireNonNull(batches.get(strategy))
                            .get(summary.verdict().outcome());
            Objects.requireNonNull(timer).record(summary.elapsedNanos(), TimeUnit.NANOSECONDS);
        }
    }
}
