package dev.muster.call;

import dev.muster.egress.EgressPolicy;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Resilience;
import dev.muster.service.ServiceCatalogue;
import dev.muster.upstream.ResponseBytes;
import dev.muster.upstream.UpstreamClient;
import java.util.List;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Makes one call, end to end: through the stages that stand, in their order, in its constructor.
public final class CallPipeline {

    private final UpstreamClient client;
    private final Fallbacks fallbacks;
    private final NanoClock clock;
    private final CallStage stages;

    /// @param health judges what an ended attempt says of its upstream
    /// @param caches what is kept of responses
    /// @param timer  waits before retries and hedges
    public CallPipeline(
            EgressPolicy egress,
            Resilience resilience,
            UpstreamClient client,
            ServiceCatalogue services,
            UpstreamHealth health,
            Caches caches,
            Scheduler timer,
            NanoClock clock) {
        this.client = client;
        this.fallbacks = new Fallbacks(caches);
        this.clock = clock;
        var permits = new Permits(client, clock);
        var redirects =
                new FollowedRedirects(client, new Redirects(services), egress, resilience, permits, timer, clock);
        var exchanges = new Exchanges(client, redirects, health, permits, clock);
        this.stages = CallStage.around(
                new AdmittedStage(egress, resilience, timer, clock, exchanges),
                List.of(
                        next -> new SharedStage(clock, next),
                        next -> new CachedStage(egress, caches, clock, next),
                        next -> new LastGoodStage(caches, fallbacks, next),
                        next -> new RetriedStage(resilience, caches.clock(), timer, clock, next),
                        next -> new HedgedStage(resilience, timer, next)));
    }

    /// Makes `call`. The result is never an error and never empty; cancelling it aborts the exchange.
    ///
    /// @param live the state of this call, used for it alone
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        return Mono.create(sink -> {
            live.onExpiry(passed ->
                    sink.success(new CallOutcome.TimedOut(call, live.trace(clock.nanos()), passed, live.phase())));
            if (live.passed() == null) {
                sink.onDispose(stages.call(call, live).subscribe(sink::success));
            }
        });
    }

    /// What the calls go by.
    public UpstreamClient client() {
        return client;
    }

    /// What stands in for `outcome` where the upstream is in trouble and its service keeps something for that case;
    /// else `outcome` itself.
    ///
    /// @param batch the batch of its call, of whose bytes it takes its own, and without which it does not stand in
    public CallOutcome orFallback(CallOutcome outcome, BatchScope batch) {
        CallOutcome replaced = fallbacks.replace(outcome, batch.principal());
        return replaced instanceof CallOutcome.FellBack fallback
                        && batch.tryTake(ResponseBytes.of(fallback.response())) != null
                ? outcome
                : replaced;
    }
}
