package dev.muster.call;

import dev.muster.egress.EgressDeniedException;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressRefusal;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Acquisition;
import dev.muster.resilience.Health;
import dev.muster.resilience.NotPermitted;
import dev.muster.resilience.Permit;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import dev.muster.upstream.ProtocolException;
import dev.muster.upstream.UpstreamClient;
import dev.muster.upstream.UpstreamRequest;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Follows redirects. Each is judged as the call itself was: where it leads by the egress policy, and whether it may go
/// there now by the guards of the service that it enters, be that another or the same.
final class FollowedRedirects {

    private final UpstreamClient client;
    private final Redirects redirects;
    private final EgressPolicy egress;
    private final Resilience resilience;
    private final Permits permits;
    private final Scheduler timer;
    private final NanoClock clock;

    FollowedRedirects(
            UpstreamClient client,
            Redirects redirects,
            EgressPolicy egress,
            Resilience resilience,
            Permits permits,
            Scheduler timer,
            NanoClock clock) {
        this.client = client;
        this.redirects = redirects;
        this.egress = egress;
        this.resilience = resilience;
        this.permits = permits;
        this.timer = timer;
        this.clock = clock;
    }

    /// The response to `request`, or to what that redirects to, at most so many times. It is an error if there is
    /// none.
    Mono<UpstreamResponse> exchange(UpstreamRequest request, Attempt attempt, int most) {
        return follow(request, attempt, most, most);
    }

    private Mono<UpstreamResponse> follow(UpstreamRequest request, Attempt attempt, int left, int most) {
        return client.exchange(request, attempt).flatMap(response -> {
            UpstreamRequest next = redirects.next(request, response);
            if (next == null) {
                return Mono.just(response);
            }
            if (left == 0) {
                return Mono.error(new ProtocolException("redirected more than %d times".formatted(most)));
            }
            attempt.redirectedTo(next.uri().toString());
            EgressRefusal denied = egress.judge(next.uri());
            if (denied != null) {
                return Mono.error(new EgressDeniedException(denied));
            }
            return attempt.onceReleased(() -> {
                permits.giveBack(attempt, attempt.leave(), UpstreamHealth.ofStatus(response.status()));
                attempt.acquiring();
                return enter(next, attempt, left - 1, most);
            });
        });
    }

    private Mono<UpstreamResponse> enter(UpstreamRequest next, Attempt attempt, int left, int most) {
        ServiceGuard guard = resilience.of(next.service());
        long wait = guard.reserveRate(attempt.deadline().remainingNanos(clock.nanos()));
        if (wait < 0) {
            return Mono.error(new NotPermittedException(NotPermitted.RATE_LIMITED));
        }
        Mono<UpstreamResponse> entered = Mono.defer(() -> switch (guard.admitTo(Redirects.sameHost(next, attempt))) {
            case Acquisition.Refused(NotPermitted reason) -> Mono.error(new NotPermittedException(reason));
            case Acquisition.Granted(Permit permit) -> {
                var hop = new Hop(guard, permit, clock.nanos(), attempt.heldNanos());
                if (attempt.admitted(hop)) {
                    yield follow(next, attempt, left, most);
                }
                permits.giveBack(attempt, hop, Health.UNKNOWN);
                yield Mono.never();
            }
        });
        return wait == 0 ? entered : entered.delaySubscription(Duration.ofNanos(wait), timer);
    }
}
