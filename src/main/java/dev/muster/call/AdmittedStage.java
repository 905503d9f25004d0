package dev.muster.call;

import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressRefusal;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Acquisition;
import dev.muster.resilience.NotPermitted;
import dev.muster.resilience.Permit;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Asks whether an attempt may be made: the egress policy first, then what guards the service, which is its rate limit,
/// its adaptive limit or bulkhead, and its breaker.
///
/// It stands inside the retries and hedges: each of them is one more request to the service.
final class AdmittedStage implements CallStage {

    private final EgressPolicy egress;
    private final Resilience resilience;
    private final Scheduler timer;
    private final NanoClock clock;
    private final Exchanges exchanges;

    AdmittedStage(EgressPolicy egress, Resilience resilience, Scheduler timer, NanoClock clock, Exchanges exchanges) {
        this.egress = egress;
        this.resilience = resilience;
        this.timer = timer;
        this.clock = clock;
        this.exchanges = exchanges;
    }

    @Override
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        return Mono.defer(() -> {
            EgressRefusal denied = egress.judge(call.destination().uri());
            if (denied != null) {
                return Mono.just(new CallOutcome.Rejected(
                        call, live.trace(clock.nanos()), RejectionType.EGRESS_DENIED, denied.rule()));
            }
            ServiceGuard guard = resilience.of(call.service());
            long wait = guard.reserveRate(live.deadline().remainingNanos(clock.nanos()));
            if (wait < 0) {
                return Mono.just(refused(call, live.trace(clock.nanos()), NotPermitted.RATE_LIMITED));
            }
            return wait == 0
                    ? admit(call, live, guard)
                    : Mono.defer(() -> admit(call, live, guard)).delaySubscription(Duration.ofNanos(wait), timer);
        });
    }

    private Mono<CallOutcome> admit(CallPlan call, LiveCall live, ServiceGuard guard) {
        return switch (guard.admit(call.destination().path() != null, live.endpoint())) {
            case Acquisition.Refused(NotPermitted reason) ->
                Mono.just(refused(call, live.trace(clock.nanos()), reason));
            case Acquisition.Granted(Permit permit) -> exchanges.exchange(call, live, guard, permit);
        };
    }

    /// The outcome of `call` when the guard of a service refused it for `reason`.
    static CallOutcome refused(CallPlan call, Trace trace, NotPermitted reason) {
        return switch (reason) {
            case RATE_LIMITED ->
                new CallOutcome.Rejected(
                        call, trace, RejectionType.RATE_LIMITED, "the rate limit of the service is reached");
            case BULKHEAD_FULL ->
                new CallOutcome.Rejected(
                        call, trace, RejectionType.BULKHEAD_FULL, "too many calls to the service are in flight");
            case CIRCUIT_OPEN ->
                new CallOutcome.Rejected(
                        call, trace, RejectionType.CIRCUIT_OPEN, "the circuit breaker of the service is open");
        };
    }
}
