package dev.muster.call;

import dev.muster.cache.LastGood;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.service.Fallback;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What stands in for a call whose upstream is in trouble.
final class Fallbacks {

    private final Caches caches;

    Fallbacks(Caches caches) {
        this.caches = caches;
    }

    /// What stands in for `outcome`: itself, where there is nothing better.
    CallOutcome replace(CallOutcome outcome, @Nullable String principal) {
        Fallback fallback = outcome.call().service().resilience().fallback();
        if (fallback == null || !isTrouble(outcome)) {
            return outcome;
        }
        UpstreamResponse standIn = lastGood(outcome.call(), principal);
        if (standIn == null) {
            standIn = fixed(fallback);
        }
        return standIn == null ? outcome : new CallOutcome.FellBack(outcome.call(), outcome.trace(), standIn, outcome);
    }

    /// Keeps a good response, for when there is none. What a redirect led to belongs to another URL.
    void keep(CallOutcome outcome, @Nullable String principal, Instant requestTime) {
        LastGood kept = caches.lastGood(outcome.call().service());
        UpstreamResponse response = UpstreamResponse.of(outcome);
        if (kept != null && response != null && outcome.trace().redirects().isEmpty()) {
            kept.keep(Caches.request(outcome.call(), principal), Caches.toCache(response), requestTime);
        }
    }

    private @Nullable UpstreamResponse lastGood(CallPlan call, @Nullable String principal) {
        LastGood kept = caches.lastGood(call.service());
        // Where it would have gone is not known of a call that still waits for others.
        return kept == null || call.dependent() != null
                ? null
                : kept.find(Caches.request(call, principal))
                        .map(Caches::fromCache)
                        .orElse(null);
    }

    private static @Nullable UpstreamResponse fixed(Fallback fallback) {
        if (fallback.body() == null) {
            return null;
        }
        Map<String, List<String>> headers = Map.of("content-type", List.of(fallback.contentType()));
        return new UpstreamResponse(fallback.status(), headers, fallback.body().getBytes(StandardCharsets.UTF_8));
    }

    /// An answer such as 404 is no trouble, and neither is a refusal of the egress policy, nor that there was nothing
    /// to
    /// make the call of.
    static boolean isTrouble(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Failed failed ->
                failed.response() == null || failed.response().status() >= 500;
            case CallOutcome.TimedOut _ -> true;
            case CallOutcome.Rejected rejected -> isOfUpstream(rejected.type());
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Cancelled _ -> false;
        };
    }

    private static boolean isOfUpstream(RejectionType type) {
        return switch (type) {
            case EGRESS_DENIED, DEPENDENCY_FAILED -> false;
            case CIRCUIT_OPEN, BULKHEAD_FULL, RATE_LIMITED, OVERLOADED -> true;
        };
    }
}
