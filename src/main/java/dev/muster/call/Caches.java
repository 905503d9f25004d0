package dev.muster.call;

import dev.muster.cache.CacheRequest;
import dev.muster.cache.CacheResponse;
import dev.muster.cache.LastGood;
import dev.muster.cache.ResponseCache;
import dev.muster.outcome.Source;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.plan.HeapShares;
import dev.muster.request.RequestMessage;
import dev.muster.service.CacheSettings;
import dev.muster.service.Fallback;
import dev.muster.service.Service;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is kept of the services' responses: the HTTP cache and the last good responses of those that ask for one.
public final class Caches {

    private final Map<String, ResponseCache> responses = new HashMap<>();
    private final Map<String, LastGood> lastGood = new HashMap<>();
    private final InstantSource clock;

    public Caches(Collection<Service> services, HeapShares shares, InstantSource clock) {
        this.clock = clock;
        for (Service service : services) {
            CacheSettings cache = service.reuse().cache();
            if (cache != null) {
                responses.put(service.name(), new ResponseCache(shares.bytes(cache.maxSize()), clock));
            }
            Fallback fallback = service.resilience().fallback();
            if (fallback != null && fallback.lastGood() != null) {
                lastGood.put(
                        service.name(), new LastGood(shares.bytes(fallback.maxSize()), fallback.lastGood(), clock));
            }
        }
    }

    InstantSource clock() {
        return clock;
    }

    @Nullable
    ResponseCache responses(Service service) {
        return responses.isEmpty() ? null : responses.get(service.name());
    }

    @Nullable
    LastGood lastGood(Service service) {
        return lastGood.isEmpty() ? null : lastGood.get(service.name());
    }

    static CacheRequest request(CallPlan call, @Nullable String principal) {
        RequestMessage message = call.message();
        return new CacheRequest(
                message.method(), call.destination().uri(), message.headers(), message.body() != null, principal);
    }

    static CacheResponse toCache(UpstreamResponse response) {
        return new CacheResponse(response.status(), response.headers(), response.body());
    }

    static UpstreamResponse fromCache(CacheResponse response) {
        return new UpstreamResponse(response.status(), response.headers(), response.body(), Source.CACHE);
    }
}
