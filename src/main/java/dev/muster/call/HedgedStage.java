package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/// Makes more attempts next to one that is late, where the service has hedges and the call may be repeated. The first
/// success wins and the others are cancelled; without one, it is the outcome that landed first.
final class HedgedStage implements CallStage {

    private final Resilience resilience;
    private final Scheduler timer;
    private final CallStage next;

    HedgedStage(Resilience resilience, Scheduler timer, CallStage next) {
        this.resilience = resilience;
        this.timer = timer;
        this.next = next;
    }

    @Override
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        ServiceGuard guard = resilience.of(call.service());
        Mono<CallOutcome> first = next.call(call, live);
        long after = guard.hedgeAfter();
        return after < 0 || !Retries.mayRepeat(call) ? first : hedged(call, live, guard, first, after);
    }

    private Mono<CallOutcome> hedged(
            CallPlan call, LiveCall live, ServiceGuard guard, Mono<CallOutcome> first, long after) {
        var ended = Sinks.<Long>empty();
        Flux<CallOutcome> hedges = Flux.range(1, guard.mostHedges())
                .flatMap(
                        nth -> Mono.delay(Duration.ofNanos(nth * after), timer)
                                .takeUntilOther(ended.asMono())
                                .filter(_ -> guard.tryHedge())
                                .flatMap(_ -> next.call(call, live))
                                .filter(outcome -> !Retries.isRefused(outcome))
                                .doOnNext(outcome -> {
                                    if (outcome instanceof CallOutcome.Succeeded) {
                                        guard.hedgeWon();
                                    }
                                }),
                        guard.mostHedges(),
                        1);
        return Flux.merge(first.doOnNext(_ -> ended.tryEmitEmpty()), hedges)
                .takeUntil(CallOutcome.Succeeded.class::isInstance)
                .reduce((one, other) -> other instanceof CallOutcome.Succeeded ? other : one);
    }
}
