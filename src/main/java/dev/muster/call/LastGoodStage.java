package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import java.time.Instant;
import reactor.core.publisher.Mono;

/// Keeps the last good response, where the service has it stand in when its upstream is in trouble.
final class LastGoodStage implements CallStage {

    private final Caches caches;
    private final Fallbacks fallbacks;
    private final CallStage next;

    LastGoodStage(Caches caches, Fallbacks fallbacks, CallStage next) {
        this.caches = caches;
        this.fallbacks = fallbacks;
        this.next = next;
    }

    @Override
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        Mono<CallOutcome> outcome = next.call(call, live);
        if (caches.lastGood(call.service()) == null) {
            return outcome;
        }
        Instant requestTime = caches.clock().instant();
        return outcome.doOnNext(landed -> fallbacks.keep(landed, live.batch().principal(), requestTime));
    }
}
