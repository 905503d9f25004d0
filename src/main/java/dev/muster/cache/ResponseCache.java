package dev.muster.cache;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The responses of one service to GET, as RFC 9111 lets them be reused.
///
/// Which kind of cache it is, each response decides. One with `public` or `s-maxage`, without `private` or
/// `Set-Cookie`, is kept for everyone, by the rules of a shared cache. Any other is kept for the one asker that got it:
/// the same principal with the same headers (see [Audience]). If that asker is known, by its principal or by
/// `Authorization`, it has a private cache. If it is not, nobody can tell one user from another: the rules of a shared
/// cache hold, and what is `private` is not kept.
///
/// Of the directives of a request it honours all: `no-store`, `no-cache`, `max-age`, `min-fresh`, `max-stale`,
/// `only-if-cached`, `stale-if-error`. `no-transform` holds by itself. `immutable` changes nothing: what is fresh is
/// validated only for a caller that demands it.
///
/// What is taken from the cache was allowed to be fetched once. Whoever looks up asks first whether it still is.
public final class ResponseCache {

    /// Nothing is kept for longer, whatever its lifetime.
    private static final Duration MAX_AGE = Duration.ofDays(1);

    /// Those that are cacheable by default (RFC 9110, section 15.1), without 206, as parts are not put together,
    /// and 501, as a failing service is no answer to repeat.
    private static final Set<Integer> STORABLE = Set.of(200, 203, 204, 300, 301, 308, 404, 405, 410, 414);

    private static final Set<String> SAFE_METHODS = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

    private static final CacheLookup MISS = new CacheLookup.Miss();

    private static final CacheLookup UNSATISFIABLE =
            new CacheLookup.Unsatisfiable(new CacheResponse(504, Map.of(), new byte[0]));

    private final ResponseStore responses;
    private final Invalidations invalidations = new Invalidations();
    private final InstantSource clock;

    /// @param maxBytes what all stored responses together may take, roughly; one that alone is larger is not stored
    /// @param clock    the clock that every request and response time is taken from
    public ResponseCache(long maxBytes, InstantSource clock) {
        this.responses = new ResponseStore(maxBytes, MAX_AGE, clock);
        this.clock = clock;
    }

    /// What is stored for `request` (RFC 9111, section 4).
    public CacheLookup lookup(CacheRequest request) {
        CacheControl wanted = request.cacheControl();
        StoredResponse stored = find(request);
        if (stored == null) {
            return wanted.has("only-if-cached") ? UNSATISFIABLE : MISS;
        }
        Duration age = stored.age(clock.instant());
        if (mayReuse(stored.freshness(), age, wanted)) {
            return new CacheLookup.Fresh(stored.response().aged(age));
        }
        if (wanted.has("only-if-cached")) {
            return UNSATISFIABLE;
        }
        Map<String, List<String>> conditions = StoredResponse.conditions(stored.response());
        CacheResponse onError = mayReuseOnError(stored.freshness(), age, wanted)
                ? stored.response().aged(age)
                : null;
        return conditions.isEmpty() && onError == null
                ? MISS
                : new CacheLookup.Stale(stored.response(), conditions, onError);
    }

    /// Stores the upstream's whole `response` to `request`, if it may be stored (RFC 9111, section 3) and will be
    /// of use. If it may not, what was stored until now is out of date and goes.
    ///
    /// What a redirect was followed to is not a response to `request`, but to the one that the redirect led to.
    ///
    /// @param requestTime  just before the request was sent
    /// @param responseTime when the response was received
    public void store(CacheRequest request, CacheResponse response, Instant requestTime, Instant responseTime) {
        if (!request.permitsStoring() || !STORABLE.contains(response.status())) {
            return;
        }
        Audience audience = Audience.permitted(request, response);
        StoredResponse stored =
                audience == null ? null : StoredResponse.of(request, response, audience, requestTime, responseTime);
        if (audience == null || stored == null || !isOfUse(stored)) {
            responses.remove(request, requestTime);
        } else {
            responses.put(audience, request, stored);
        }
    }

    /// Makes the stored response fresh again that the 304 `notModified` confirms (RFC 9111, section 4.3.4), and
    /// says what to answer.
    ///
    /// Empty if the 304 speaks of another response than the one that is stored. That is then gone, and the caller
    /// has to send the request again, without the conditional headers.
    ///
    /// @param request      as it was looked up, without the conditional headers
    /// @param requestTime  just before the conditional request was sent
    /// @param responseTime when the 304 was received
    public Optional<CacheResponse> freshen(
            CacheRequest request,
            CacheLookup.Stale stale,
            CacheResponse notModified,
            Instant requestTime,
            Instant responseTime) {
        if (!StoredResponse.validates(notModified, stale.stored())) {
            responses.remove(request, requestTime);
            return Optional.empty();
        }
        CacheResponse updated = StoredResponse.updated(stale.stored(), notModified);
        store(request, updated, requestTime, responseTime);
        return Optional.of(updated.aged(StoredResponse.initialAge(updated, requestTime, responseTime)));
    }

    /// Takes note that `request` may have changed what is stored (RFC 9111, section 4.4). It has not if its method
    /// is safe or its response an error.
    public void invalidate(CacheRequest request, CacheResponse response) {
        if (SAFE_METHODS.contains(request.method()) || response.status() < 200 || response.status() >= 400) {
            return;
        }
        Instant now = clock.instant();
        TargetUri target = TargetUri.of(request.uri());
        invalidations.invalidate(target, now);
        for (String name : List.of("location", "content-location")) {
            TargetUri named = resolve(request.uri(), response.first(name));
            if (named != null && named.origin().equals(target.origin())) {
                invalidations.invalidate(named, now);
            }
        }
    }

    /// What the stored responses take, roughly: at most `maxBytes`.
    public long bytes() {
        return responses.bytes();
    }

    private @Nullable StoredResponse find(CacheRequest request) {
        if (!request.isCacheable() || request.isConditional()) {
            return null;
        }
        TargetUri uri = TargetUri.of(request.uri());
        return responses.find(request, stored -> invalidations.isValid(uri, stored.requestTime()));
    }

    /// RFC 9111, sections 4.2 and 5.2.1.
    private static boolean mayReuse(Freshness freshness, Duration age, CacheControl wanted) {
        if (freshness.noCache() || wanted.has("no-cache")) {
            return false;
        }
        Duration maxAge = wanted.least("max-age");
        if (maxAge != null && age.compareTo(maxAge) > 0) {
            return false;
        }
        Duration staleness = freshness.staleness(age);
        Duration minFresh = wanted.greatest("min-fresh");
        if (minFresh != null && staleness.plus(minFresh).isPositive()) {
            return false;
        }
        return staleness.isNegative() || (!freshness.neverStale() && isWithin(staleness, maxStale(wanted)));
    }

    /// How stale a response the caller takes, or `null` for not at all (section 5.2.1.2).
    private static @Nullable Duration maxStale(CacheControl wanted) {
        return wanted.isBare("max-stale") ? DeltaSeconds.FOREVER : wanted.least("max-stale");
    }

    /// RFC 5861, section 4, as far as nothing forbids a stale answer (RFC 9111, section 4.2.4).
    private static boolean mayReuseOnError(Freshness freshness, Duration age, CacheControl wanted) {
        Duration staleness = freshness.staleness(age);
        return !freshness.neverStale()
                && !wanted.has("no-cache")
                && (isWithin(staleness, freshness.staleIfError())
                        || isWithin(staleness, wanted.least("stale-if-error")));
    }

    private static boolean isWithin(Duration staleness, @Nullable Duration allowed) {
        return allowed != null && staleness.compareTo(allowed) <= 0;
    }

    /// Whether it will ever answer a request, or save a body.
    private static boolean isOfUse(StoredResponse stored) {
        Freshness freshness = stored.freshness();
        return (!freshness.noCache() && freshness.staleness(stored.initialAge()).isNegative())
                || (!freshness.neverStale() && freshness.staleIfError() != null)
                || !StoredResponse.conditions(stored.response()).isEmpty();
    }

    private static @Nullable TargetUri resolve(URI base, @Nullable String reference) {
        try {
            return reference == null ? null : TargetUri.of(base.resolve(new URI(reference)));
        } catch (URISyntaxException _) {
            return null;
        }
    }
}
