package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Endpoint;
import dev.muster.resilience.Health;
import dev.muster.resilience.Permit;
import dev.muster.resilience.ServiceGuard;
import dev.muster.upstream.FailureClassifier;
import dev.muster.upstream.UpstreamClient;
import dev.muster.upstream.UpstreamRequest;
import java.util.function.Consumer;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/// Makes an attempt that has its permit, redirects included, and names what became of it.
final class Exchanges {

    /// For exchanges that fail just as they are given up. Their calls have their outcomes, so that is no news; Reactor
    /// would log it as an error with its stack trace. The key is the one by which it finds a subscriber's own hook.
    private static final Context LATE_FAILURES_ARE_NO_NEWS =
            Context.of("reactor.onErrorDropped.local", (Consumer<Throwable>) _ -> {});

    private final UpstreamClient client;
    private final FollowedRedirects redirects;
    private final UpstreamHealth health;
    private final Permits permits;
    private final FailureClassifier classifier;
    private final NanoClock clock;

    /// @param health judges what an ended attempt says of its upstream
    Exchanges(
            UpstreamClient client,
            FollowedRedirects redirects,
            UpstreamHealth health,
            Permits permits,
            NanoClock clock) {
        this.client = client;
        this.redirects = redirects;
        this.health = health;
        this.permits = permits;
        this.classifier = new FailureClassifier(clock);
        this.clock = clock;
    }

    /// An exchange never errs, and whatever ends it gives `permit` back.
    Mono<CallOutcome> exchange(CallPlan call, LiveCall live, ServiceGuard guard, Permit permit) {
        return Mono.create(sink -> {
            Endpoint endpoint = permit.endpoint();
            Attempt attempt = live.begin(endpoint, clock);
            attempt.admitted(new Hop(guard, permit, clock.nanos(), 0));
            UpstreamRequest request = UpstreamRequest.of(call, endpoint == null ? null : endpoint.baseUrl());
            Mono<UpstreamResponse> exchange = call.rules().redirects() == 0
                    ? client.exchange(request, attempt)
                    : redirects.exchange(request, attempt, call.rules().redirects());
            Disposable subscription = exchange.subscribe(
                    response -> attempt.answered(() -> {
                        CallOutcome outcome = ResponseOutcome.of(call, attempt.trace(), response);
                        permits.end(attempt, guard, health.of(outcome));
                        sink.success(outcome);
                    }),
                    failure -> {
                        CallOutcome outcome = classify(call, attempt, failure);
                        permits.end(attempt, guard, health.of(outcome, failure));
                        sink.success(outcome);
                    },
                    null,
                    LATE_FAILURES_ARE_NO_NEWS);
            sink.onCancel(() -> {
                if (live.passed() == null) {
                    attempt.abort(subscription);
                    permits.end(attempt, guard, Health.UNKNOWN);
                } else {
                    attempt.afterNextLook(() -> {
                        Health left = ofTimeOut(attempt);
                        attempt.abort(subscription);
                        permits.end(attempt, guard, left);
                    });
                }
            });
        });
    }

    private Health ofTimeOut(Attempt attempt) {
        Hop hop = attempt.hop();
        return hop == null
                ? Health.UNKNOWN
                : health.ofTimeOut(hop.service(), attempt.phase(), attempt.heldNanos() - hop.heldNanos());
    }

    private CallOutcome classify(CallPlan call, Attempt attempt, Throwable failure) {
        return failure instanceof NotPermittedException refused
                ? AdmittedStage.refused(call, attempt.trace(), refused.reason())
                : classifier.classify(call, attempt.phase(), attempt.trace(), failure);
    }
}
