package dev.muster.call;

import dev.muster.cache.ResponseCache;
import dev.muster.egress.EgressPolicy;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import reactor.core.publisher.Mono;

/// Answers a call from the cache of its service, if it has one. Nobody has from there what the egress policy would not
/// let him fetch.
final class CachedStage implements CallStage {

    private final EgressPolicy egress;
    private final Caches caches;
    private final NanoClock clock;
    private final CallStage next;

    CachedStage(EgressPolicy egress, Caches caches, NanoClock clock, CallStage next) {
        this.egress = egress;
        this.caches = caches;
        this.clock = clock;
        this.next = next;
    }

    @Override
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        ResponseCache cache = caches.responses(call.service());
        return cache == null || egress.judge(call.destination().uri()) != null
                ? next.call(call, live)
                : new CachedCalls(
                                cache,
                                caches.clock(),
                                call,
                                live.batch().principal(),
                                sent -> next.call(sent, live),
                                kept -> ResponseOutcome.ofKept(call, live.trace(clock.nanos()), live.batch(), kept))
                        .call();
    }
}
