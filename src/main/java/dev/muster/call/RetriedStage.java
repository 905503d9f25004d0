package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import java.time.Duration;
import java.time.InstantSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Makes a call again that may be repeated and has failed in a way that may pass, as long as its service's retries,
/// their budget and the time left allow.
final class RetriedStage implements CallStage {

    private final Resilience resilience;
    private final InstantSource timeOfDay;
    private final Scheduler timer;
    private final NanoClock clock;
    private final CallStage next;

    /// @param timeOfDay what `Retry-After` is told by
    RetriedStage(Resilience resilience, InstantSource timeOfDay, Scheduler timer, NanoClock clock, CallStage next) {
        this.resilience = resilience;
        this.timeOfDay = timeOfDay;
        this.timer = timer;
        this.clock = clock;
        this.next = next;
    }

    @Override
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        ServiceGuard guard = resilience.of(call.service());
        guard.called();
        return guard.mostAttempts() == 1 || !Retries.mayRepeat(call)
                ? next.call(call, live)
                : retried(call, live, guard, 1);
    }

    private Mono<CallOutcome> retried(CallPlan call, LiveCall live, ServiceGuard guard, int attempts) {
        return next.call(call, live).flatMap(outcome -> {
            if (!Retries.isWorthwhile(outcome)) {
                return Mono.just(outcome);
            }
            long remaining = live.deadline().remainingNanos(clock.nanos());
            long wait = guard.retryAfter(attempts, Retries.after(outcome, timeOfDay.instant()), remaining);
            return wait < 0
                    ? Mono.just(outcome)
                    : Mono.delay(Duration.ofNanos(wait), timer)
                            .flatMap(_ -> retried(call, live, guard, attempts + 1))
                            .map(retry -> Retries.isRefused(retry) ? outcome : retry);
        });
    }
}
