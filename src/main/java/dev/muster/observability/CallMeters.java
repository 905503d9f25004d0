package dev.muster.observability;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Source;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.Layer;
import dev.muster.request.WireName;
import dev.muster.service.Service;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The meters of the calls to one service. All are made at the start: looking one up by its tags would cost a call more
/// than counting it, and a counter that is there before its first call shows that call as an increase.
final class CallMeters {

    private static final String TIMEOUT = "timeout";

    private final MeterRegistry registry;
    private final Service service;
    private final Map<Source, Counter> succeeded;
    private final Map<FailureType, Counter> failed;
    private final @Nullable Counter failedFromCache;
    private final Map<Layer, Counter> timedOut;
    private final Map<RejectionType, Counter> rejected;
    private final Map<CancelReason, Counter> cancelled;
    private final Map<FailureType, Counter> fellBackFromFailure;
    private final Map<Layer, Counter> fellBackFromTimeOut;
    private final Map<RejectionType, Counter> fellBackFromRejection;
    private final Timer duration;
    private final Map<Phase, Timer> phases;

    CallMeters(Service service, MeterRegistry registry) {
        this.registry = registry;
        this.service = service;
        this.succeeded =
                each(Source.class, source -> calls("succeeded", MeterNames.NONE, MeterNames.NONE, name(source)));
        this.failed =
                each(FailureType.class, type -> calls("failed", type.wireName(), MeterNames.NONE, MeterNames.NONE));
        this.failedFromCache = service.reuse().cache() == null
                ? null
                : calls("failed", FailureType.HTTP_STATUS.wireName(), MeterNames.NONE, name(Source.CACHE));
        this.timedOut = each(Layer.class, layer -> calls("timed-out", TIMEOUT, layer.wireName(), MeterNames.NONE));
        this.rejected =
                each(RejectionType.class, type -> calls("rejected", type.wireName(), MeterNames.NONE, MeterNames.NONE));
        this.cancelled = each(
                CancelReason.class, reason -> calls("cancelled", reason.wireName(), MeterNames.NONE, MeterNames.NONE));
        this.fellBackFromFailure = eachIfFallback(FailureType.class, this::fallback);
        this.fellBackFromTimeOut =
                eachIfFallback(Layer.class, layer -> calls("succeeded", TIMEOUT, layer.wireName(), "fallback"));
        this.fellBackFromRejection = eachIfFallback(RejectionType.class, this::fallback);
        this.duration = Timer.builder(MeterNames.CALL_DURATION)
                .description("Time of calls from their slot to their outcome; cancelled ones are left out")
                .tag(MeterNames.SERVICE, service.name())
                .serviceLevelObjectives(MeterNames.buckets())
                .register(registry);
        this.phases = each(
                Phase.class,
                phase -> Timer.builder(MeterNames.CALL_PHASE)
                        .description("Time of calls in each phase; of several attempts, in the one that decided")
                        .tag(MeterNames.SERVICE, service.name())
                        .tag(MeterNames.PHASE, phase.wireName())
                        .serviceLevelObjectives(MeterNames.buckets())
                        .register(registry));
    }

    private static <E extends Enum<E>, M> Map<E, M> each(Class<E> type, Function<E, M> meter) {
        Map<E, M> meters = new EnumMap<>(type);
        for (E value : type.getEnumConstants()) {
            meters.put(value, meter.apply(value));
        }
        return meters;
    }

    private <E extends Enum<E>, M> Map<E, M> eachIfFallback(Class<E> type, Function<E, M> meter) {
        return service.resilience().fallback() == null ? Map.of() : each(type, meter);
    }

    private Counter fallback(WireName error) {
        return calls("succeeded", error.wireName(), MeterNames.NONE, "fallback");
    }

    private Counter calls(String outcome, String error, String layer, String source) {
        return Counter.builder(MeterNames.CALLS)
                .description("Calls that have ended")
                .tag(MeterNames.SERVICE, service.name())
                .tag(MeterNames.OUTCOME, outcome)
                .tag(MeterNames.ERROR, error)
                .tag(MeterNames.LAYER, layer)
                .tag(MeterNames.SOURCE, source)
                .register(registry);
    }

    private static <E extends Enum<E>, M> M of(Map<E, M> meters, E value) {
        return Objects.requireNonNull(meters.get(value));
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    void record(CallOutcome outcome) {
        counter(outcome).increment();
        Trace trace = outcome.trace();
        // Times of a call that was cut short because it was not wanted say nothing of its upstream.
        if (!(outcome instanceof CallOutcome.Cancelled)) {
            recordTimes(trace);
        }
    }

    private void recordTimes(Trace trace) {
        record(duration, trace.elapsedNanos());
        PhaseTimes times = trace.phases();
        record(of(phases, Phase.ACQUIRE), times.acquire());
        record(of(phases, Phase.CONNECT), times.connect());
        record(of(phases, Phase.RESPONSE), times.response());
        record(of(phases, Phase.BODY), times.body());
    }

    /// A phase that was never entered is no observation: a connection that was open did not connect in no time.
    private static void record(Timer timer, long nanos) {
        if (nanos > 0) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    private Counter counter(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded ended -> of(succeeded, ended.response().source());
            case CallOutcome.FellBack ended -> fallbackCounter(ended.replaced());
            case CallOutcome.Failed ended -> failed(ended);
            case CallOutcome.TimedOut ended -> of(timedOut, ended.passed().layer());
            case CallOutcome.Rejected ended -> of(rejected, ended.type());
            case CallOutcome.Cancelled ended -> of(cancelled, ended.reason());
        };
    }

    private Counter failed(CallOutcome.Failed ended) {
        UpstreamResponse response = ended.response();
        return failedFromCache != null && response != null && response.source() == Source.CACHE
                ? failedFromCache
                : of(failed, ended.type());
    }

    private Counter fallbackCounter(CallOutcome replaced) {
        return switch (replaced) {
            case CallOutcome.Failed failure -> of(fellBackFromFailure, failure.type());
            case CallOutcome.TimedOut timeOut ->
                of(fellBackFromTimeOut, timeOut.passed().layer());
            case CallOutcome.Rejected rejection -> of(fellBackFromRejection, rejection.type());
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Cancelled _ -> counter(replaced);
        };
    }
}
