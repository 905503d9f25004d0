package dev.muster.call;

import dev.muster.cache.CacheLookup;
import dev.muster.cache.CacheRequest;
import dev.muster.cache.CacheResponse;
import dev.muster.cache.ResponseCache;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Answers a call from its service's cache, or has it made and keeps the response, by the rules of RFC 9111.
final class CachedCalls {

    private static final int NOT_MODIFIED = 304;

    private final ResponseCache cache;
    private final InstantSource clock;
    private final CallPlan call;
    private final CacheRequest request;
    private final Function<CallPlan, Mono<CallOutcome>> upstream;
    private final Function<UpstreamResponse, CallOutcome> judge;

    /// @param upstream makes a call, whatever the cache has
    /// @param judge    the outcome of the call for a response from the cache
    CachedCalls(
            ResponseCache cache,
            InstantSource clock,
            CallPlan call,
            @Nullable String principal,
            Function<CallPlan, Mono<CallOutcome>> upstream,
            Function<UpstreamResponse, CallOutcome> judge) {
        this.cache = cache;
        this.clock = clock;
        this.call = call;
        this.request = Caches.request(call, principal);
        this.upstream = upstream;
        this.judge = judge;
    }

    Mono<CallOutcome> call() {
        return switch (cache.lookup(request)) {
            case CacheLookup.Fresh(CacheResponse response) ->
                isToBeFollowed(response) ? fetch() : Mono.just(fromCache(response));
            case CacheLookup.Unsatisfiable(CacheResponse response) -> Mono.just(fromCache(response));
            case CacheLookup.Miss _ -> fetch();
            case CacheLookup.Stale stale -> isToBeFollowed(stale.stored()) ? fetch() : validate(stale);
        };
    }

    /// A redirect is stored for a call that does not follow it, and no answer to one that does.
    private boolean isToBeFollowed(CacheResponse response) {
        return call.rules().redirects() > 0 && Redirects.isRedirect(response.status());
    }

    private CallOutcome fromCache(CacheResponse response) {
        return judge.apply(Caches.fromCache(response));
    }

    private Mono<CallOutcome> fetch() {
        Instant requestTime = clock.instant();
        return upstream.apply(call).doOnNext(outcome -> keep(outcome, requestTime));
    }

    private void keep(CallOutcome outcome, Instant requestTime) {
        UpstreamResponse response = UpstreamResponse.of(outcome);
        if (response != null && outcome.trace().redirects().isEmpty()) {
            CacheResponse kept = Caches.toCache(response);
            cache.store(request, kept, requestTime, clock.instant());
            cache.invalidate(request, kept);
        }
    }

    private Mono<CallOutcome> validate(CacheLookup.Stale stale) {
        Instant requestTime = clock.instant();
        return upstream.apply(withHeaders(stale.conditionalHeaders())).flatMap(outcome -> {
            UpstreamResponse response = UpstreamResponse.of(outcome);
            if (response != null && response.status() == NOT_MODIFIED) {
                return cache.freshen(request, stale, Caches.toCache(response), requestTime, clock.instant())
                        .map(this::fromCache)
                        .map(Mono::just)
                        .orElseGet(this::fetch);
            }
            if (stale.onError() != null && Fallbacks.isTrouble(outcome)) {
                return Mono.just(fromCache(stale.onError()));
            }
            keep(outcome, requestTime);
            return Mono.just(outcome);
        });
    }

    private CallPlan withHeaders(Map<String, List<String>> conditionalHeaders) {
        return conditionalHeaders.isEmpty() ? call : call.withHeaders(conditionalHeaders);
    }
}
