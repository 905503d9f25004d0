package dev.muster.cache;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;

/// The last good responses of one service to GET, to answer with where the service has none.
///
/// This is no HTTP cache: a service's lifetimes and `must-revalidate` mean nothing here, because whoever configures
/// this fallback has decided so, and its answers are marked. But it tells nobody what was meant for another: responses
/// are kept for everyone or for one asker by the rule of [ResponseCache], `private` is not kept for an unknown asker,
/// `Vary` is heeded, and `no-store` is not kept at all.
public final class LastGood {

    /// Answers about a part of a resource, or about what the caller has: 206 and 226.
    private static final Set<Integer> NOT_WHOLE = Set.of(206, 226);

    private final ResponseStore responses;
    private final InstantSource clock;

    /// @param maxBytes what all responses together may take, roughly
    /// @param maxAge   a response that was received longer ago is not used
    public LastGood(long maxBytes, Duration maxAge, InstantSource clock) {
        this.responses = new ResponseStore(maxBytes, maxAge, clock);
        this.clock = clock;
    }

    /// Keeps `response`, which was just received, if the service says by its status that it is good. What its caller
    /// takes for a success is that caller's business: others get to see what is kept.
    ///
    /// What a redirect was followed to is not a response to `request`, but to the one that the redirect led to.
    ///
    /// @param requestTime just before the request was sent
    public void keep(CacheRequest request, CacheResponse response, Instant requestTime) {
        Audience audience = Audience.permitted(request, response);
        if (audience == null || !request.permitsStoring() || !isGood(response.status())) {
            return;
        }
        StoredResponse stored = StoredResponse.of(request, response, audience, requestTime, clock.instant());
        if (stored != null) {
            responses.put(audience, request, stored);
        }
    }

    private static boolean isGood(int status) {
        return status >= 200 && status < 300 && !NOT_WHOLE.contains(status);
    }

    /// The last good response to `request`, if there is one that is not too old.
    public Optional<CacheResponse> find(CacheRequest request) {
        if (!request.isCacheable()) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        StoredResponse stored = responses.find(request, _ -> true);
        return Optional.ofNullable(stored).map(kept -> kept.response().aged(kept.age(now)));
    }

    /// What the responses take, roughly: at most `maxBytes`.
    public long bytes() {
        return responses.bytes();
    }
}
