package dev.muster.call;

import dev.muster.cache.ResponseCache;
import dev.muster.egress.EgressDeniedException;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressRefusal;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Acquisition;
import dev.muster.resilience.Endpoint;
import dev.muster.resilience.Health;
import dev.muster.resilience.NotPermitted;
import dev.muster.resilience.Permit;
import dev.muster.resilience.Resilience;
import dev.muster.resilience.ServiceGuard;
import dev.muster.service.ServiceCatalogue;
import dev.muster.upstream.FailureClassifier;
import dev.muster.upstream.ProtocolException;
import dev.muster.upstream.ResponseBytes;
import dev.muster.upstream.UpstreamClient;
import dev.muster.upstream.UpstreamRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/// Makes one call, end to end. The whole order of what happens to it stands in [#begin] and [#attempt].
public final class CallPipeline {

    /// For exchanges that fail just as they are given up. Their calls have their outcomes, so that is no news; Reactor
    /// would log it as an error with its stack trace. The key is the one by which it finds a subscriber's own hook.
    private static final Context LATE_FAILURES_ARE_NO_NEWS =
            Context.of("reactor.onErrorDropped.local", (Consumer<Throwable>) _ -> {});

    private final EgressPolicy egress;
    private final Resilience resilience;
    private final UpstreamClient client;
    private final Redirects redirects;
    private final UpstreamHealth health;
    private final Caches caches;
    private final Fallbacks fallbacks;
    private final FailureClassifier classifier;
    private final Scheduler timer;
    private final NanoClock clock;

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
        this.egress = egress;
        this.resilience = resilience;
        this.client = client;
        this.redirects = new Redirects(services);
        this.health = health;
        this.caches = caches;
        this.fallbacks = new Fallbacks(caches);
        this.classifier = new FailureClassifier(clock);
        this.timer = timer;
        this.clock = clock;
    }

    /// Makes `call`. The result is never an error and never empty; cancelling it aborts the exchange.
    ///
    /// @param live the state of this call, used for it alone
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        return Mono.create(sink -> {
            live.onExpiry(passed ->
                    sink.success(new CallOutcome.TimedOut(call, live.trace(clock.nanos()), passed, live.phase())));
            if (live.passed() == null) {
                sink.onDispose(begin(call, live).subscribe(sink::success));
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
                        && batch.bytes().tryTake(ResponseBytes.of(fallback.response())) != null
                ? outcome
                : replaced;
    }

    /// The stages of a call, outermost first: requests that are shared within the batch, the cache, retries,
    /// hedges; then what [#attempt] lists for each attempt.
    private Mono<CallOutcome> begin(CallPlan call, LiveCall live) {
        return SharedRequests.mayShare(call) ? shared(call, live) : cached(call, live);
    }

    private Mono<CallOutcome> shared(CallPlan call, LiveCall live) {
        BatchScope batch = live.batch();
        SharedRequests.InFlight request = batch.shared().join(call, () -> {
            long now = clock.nanos();
            Deadline whole = Deadline.after(now, Layer.SERVICE, call.service().timeout());
            var own = new LiveCall(batch.deadline().earliest(whole), 0, now, batch);
            return new SharedRequests.InFlight(own, Mono.defer(() -> cached(call, own)));
        });
        live.share(request.live());
        return request.outcome().map(outcome -> ofShared(call, live, request, outcome));
    }

    /// The outcome of `call` when that of the request it shared is `outcome`.
    private CallOutcome ofShared(CallPlan call, LiveCall live, SharedRequests.InFlight request, CallOutcome outcome) {
        Trace trace = live.trace(clock.nanos());
        return switch (outcome) {
            case CallOutcome.Succeeded(var _, var _, UpstreamResponse response) ->
                judgeShared(call, trace, request, response);
            case CallOutcome.Failed failed ->
                failed.response() == null
                        ? new CallOutcome.Failed(call, trace, failed.type(), failed.detail(), null)
                        : judgeShared(call, trace, request, failed.response());
            case CallOutcome.TimedOut(var _, var _, Deadline passed, Phase phase) ->
                new CallOutcome.TimedOut(call, trace, passed, phase);
            case CallOutcome.Rejected(var _, var _, RejectionType type, String detail) ->
                new CallOutcome.Rejected(call, trace, type, detail);
            case CallOutcome.FellBack _, CallOutcome.Cancelled _ -> outcome;
        };
    }

    /// The first call has the response that `request` has paid for, every other pays for its own part of the answer.
    private static CallOutcome judgeShared(
            CallPlan call, Trace trace, SharedRequests.InFlight request, UpstreamResponse response) {
        return request.used().compareAndSet(false, true)
                ? judge(call, trace, response)
                : judgeKept(call, trace, request.live().batch(), response);
    }

    /// The outcome of `call` for a response that did not come for it alone. It takes as much of the answer, and so of
    /// the batch's bytes, as one that did.
    private static CallOutcome judgeKept(CallPlan call, Trace trace, BatchScope batch, UpstreamResponse response) {
        String lacking = batch.bytes().tryTake(ResponseBytes.of(response));
        return lacking == null
                ? judge(call, trace, response)
                : new CallOutcome.Failed(call, trace, FailureType.RESPONSE_TOO_LARGE, lacking, null);
    }

    private Mono<CallOutcome> cached(CallPlan call, LiveCall live) {
        ResponseCache cache = caches.responses(call.service());
        EgressRefusal denied = cache == null ? null : egress.judge(call.uri());
        return cache == null || denied != null
                ? fetched(call, live)
                : new CachedCalls(
                                cache,
                                caches.clock(),
                                call,
                                live.batch().principal(),
                                sent -> fetched(sent, live),
                                kept -> judgeKept(call, live.trace(clock.nanos()), live.batch(), kept))
                        .call();
    }

    private Mono<CallOutcome> fetched(CallPlan call, LiveCall live) {
        Mono<CallOutcome> outcome = guarded(call, live);
        if (caches.lastGood(call.service()) == null) {
            return outcome;
        }
        Instant requestTime = caches.clock().instant();
        return outcome.doOnNext(landed -> fallbacks.keep(landed, live.batch().principal(), requestTime));
    }

    private Mono<CallOutcome> guarded(CallPlan call, LiveCall live) {
        ServiceGuard guard = resilience.of(call.service());
        guard.called();
        return Retries.mayRepeat(call) ? retried(call, live, guard, 1) : attempt(call, live, guard);
    }

    private Mono<CallOutcome> retried(CallPlan call, LiveCall live, ServiceGuard guard, int attempts) {
        Mono<CallOutcome> hedged = hedged(call, live, guard);
        return guard.mostAttempts() == 1
                ? hedged
                : hedged.flatMap(outcome -> {
                    if (!Retries.isWorthwhile(outcome)) {
                        return Mono.just(outcome);
                    }
                    long remaining = live.deadline().remainingNanos(clock.nanos());
                    long wait = guard.retryAfter(
                            attempts, Retries.after(outcome, caches.clock().instant()), remaining);
                    return wait < 0
                            ? Mono.just(outcome)
                            : Mono.delay(Duration.ofNanos(wait), timer)
                                    .flatMap(_ -> retried(call, live, guard, attempts + 1))
                                    .map(next -> isRefused(next) ? outcome : next);
                });
    }

    /// A retry that was refused leaves the failure that it was to mend.
    private static boolean isRefused(CallOutcome outcome) {
        return outcome instanceof CallOutcome.Rejected rejected && rejected.type() != RejectionType.EGRESS_DENIED;
    }

    /// An attempt, and more of them next to it while it is late. The first success wins and the others are
    /// cancelled; without one, it is the outcome that landed first.
    private Mono<CallOutcome> hedged(CallPlan call, LiveCall live, ServiceGuard guard) {
        Mono<CallOutcome> first = attempt(call, live, guard);
        long after = guard.hedgeAfter();
        if (after < 0) {
            return first;
        }
        var ended = Sinks.<Long>empty();
        Flux<CallOutcome> hedges = Flux.range(1, guard.mostHedges())
                .flatMap(
                        nth -> Mono.delay(Duration.ofNanos(nth * after), timer)
                                .takeUntilOther(ended.asMono())
                                .filter(_ -> guard.tryHedge())
                                .flatMap(_ -> attempt(call, live, guard))
                                .filter(outcome -> !isRefused(outcome))
                                .doOnNext(outcome -> {
                                    if (outcome instanceof CallOutcome.Succeeded) {
                                        guard.hedgeWon();
                                    }
                                }),
                        guard.mostHedges(),
                        1);
        return Flux.merge(first.doOnNext(_ -> ended.tryEmitEmpty()), hedges)
                .takeUntil(CallOutcome.Succeeded.class::isInstance)
                .reduce((one, next) -> next instanceof CallOutcome.Succeeded ? next : one);
    }

    /// One attempt, outermost first: egress policy, rate limit, adaptive limit or bulkhead, breaker, the exchange
    /// with its redirects, and the classifier.
    ///
    /// What guards the service stands inside the retries and hedges: each of them is one more request to it.
    private Mono<CallOutcome> attempt(CallPlan call, LiveCall live, ServiceGuard guard) {
        return Mono.defer(() -> {
            EgressRefusal denied = egress.judge(call.uri());
            if (denied != null) {
                return Mono.just(new CallOutcome.Rejected(
                        call, live.trace(clock.nanos()), RejectionType.EGRESS_DENIED, denied.rule()));
            }
            long wait = reserveRate(guard, live);
            if (wait < 0) {
                return Mono.just(refuse(call, live, NotPermitted.RATE_LIMITED));
            }
            Mono<CallOutcome> admitted = admit(call, live, guard);
            return wait == 0 ? admitted : admitted.delaySubscription(Duration.ofNanos(wait), timer);
        });
    }

    /// How long to wait for the rate limit, or -1 if that would be too long.
    private long reserveRate(ServiceGuard guard, LiveCall live) {
        long wait = guard.reserveRate();
        return wait > 0 && wait >= live.deadline().remainingNanos(clock.nanos()) ? -1 : wait;
    }

    private Mono<CallOutcome> admit(CallPlan call, LiveCall live, ServiceGuard guard) {
        return Mono.defer(() -> switch (guard.admit(call.path() != null, live.endpoint())) {
            case Acquisition.Refused(NotPermitted reason) -> Mono.just(refuse(call, live, reason));
            case Acquisition.Granted(Permit permit) -> exchange(call, live, guard, permit);
        });
    }

    /// An exchange never errs, and whatever ends it gives `permit` back.
    private Mono<CallOutcome> exchange(CallPlan call, LiveCall live, ServiceGuard guard, Permit permit) {
        return Mono.create(sink -> {
            Endpoint endpoint = permit.endpoint();
            Attempt attempt = live.begin(endpoint, clock);
            attempt.admitted(new Hop(guard, permit, clock.nanos(), 0));
            UpstreamRequest request = UpstreamRequest.of(call, endpoint == null ? null : endpoint.baseUrl());
            Mono<UpstreamResponse> exchange = call.redirects() == 0
                    ? client.exchange(request, attempt)
                    : follow(request, attempt, call.redirects(), call.redirects());
            Disposable subscription = exchange.subscribe(
                    response -> attempt.answered(() -> {
                        CallOutcome outcome = judge(call, attempt.trace(), response);
                        end(attempt, guard, health.of(outcome));
                        sink.success(outcome);
                    }),
                    failure -> {
                        CallOutcome outcome = classify(call, attempt, failure);
                        end(attempt, guard, health.of(outcome));
                        sink.success(outcome);
                    },
                    null,
                    LATE_FAILURES_ARE_NO_NEWS);
            sink.onCancel(() -> {
                if (live.passed() == null) {
                    attempt.abort(subscription);
                    end(attempt, guard, Health.UNKNOWN);
                } else {
                    attempt.afterNextLook(() -> {
                        Health left = ofTimeOut(attempt);
                        attempt.abort(subscription);
                        end(attempt, guard, left);
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

    /// @param guard  of the service of the call, where `attempt` began
    /// @param health what its last request says of the service that this went to
    private void end(Attempt attempt, ServiceGuard guard, Health health) {
        if (attempt.hasEnded()) {
            return;
        }
        giveBack(attempt, attempt.end(), health);
        if (health == Health.WELL) {
            guard.answered(attempt.elapsedNanos());
        }
    }

    private void giveBack(Attempt attempt, @Nullable Hop hop, Health health) {
        if (hop == null) {
            return;
        }
        long held = attempt.heldNanos() - hop.heldNanos();
        if (held > 0) {
            client.held(hop.service(), held);
        }
        long now = clock.nanos();
        hop.permit().end(health, now - hop.startedNanos(), now);
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
            return Mono.<UpstreamResponse>create(released -> attempt.afterRelease(released::success))
                    .then(Mono.defer(() -> {
                        giveBack(attempt, attempt.leave(), UpstreamHealth.ofStatus(response.status()));
                        attempt.acquiring();
                        return enter(next, attempt, () -> follow(next, attempt, left - 1, most));
                    }));
        });
    }

    /// A redirect is one more request to the service that it leads into, be it another or the same: it passes the
    /// guards that a call to it would.
    private Mono<UpstreamResponse> enter(
            UpstreamRequest next, Attempt attempt, Supplier<Mono<UpstreamResponse>> follow) {
        ServiceGuard guard = resilience.of(next.service());
        long wait = reserveRate(guard, attempt.call());
        if (wait < 0) {
            return Mono.error(new NotPermittedException(NotPermitted.RATE_LIMITED));
        }
        Mono<UpstreamResponse> entered = Mono.defer(() -> switch (guard.admitTo(Redirects.sameHost(next, attempt))) {
            case Acquisition.Refused(NotPermitted reason) -> Mono.error(new NotPermittedException(reason));
            case Acquisition.Granted(Permit permit) -> {
                var hop = new Hop(guard, permit, clock.nanos(), attempt.heldNanos());
                if (attempt.admitted(hop)) {
                    yield follow.get();
                }
                giveBack(attempt, hop, Health.UNKNOWN);
                yield Mono.never();
            }
        });
        return wait == 0 ? entered : entered.delaySubscription(Duration.ofNanos(wait), timer);
    }

    private static CallOutcome judge(CallPlan call, Trace trace, UpstreamResponse response) {
        return call.success().contains(response.status())
                ? new CallOutcome.Succeeded(call, trace, response)
                : new CallOutcome.Failed(
                        call,
                        trace,
                        FailureType.HTTP_STATUS,
                        "the status is %d".formatted(response.status()),
                        response);
    }

    private CallOutcome classify(CallPlan call, Attempt attempt, Throwable failure) {
        return failure instanceof NotPermittedException refused
                ? refused(call, attempt.trace(), refused.reason())
                : classifier.classify(call, attempt.phase(), attempt.trace(), failure);
    }

    private CallOutcome refuse(CallPlan call, LiveCall live, NotPermitted reason) {
        return refused(call, live.trace(clock.nanos()), reason);
    }

    /// The outcome of `call` when the guard of a service refused it for `reason`.
    private static CallOutcome refused(CallPlan call, Trace trace, NotPermitted reason) {
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
