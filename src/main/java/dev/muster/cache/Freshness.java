package dev.muster.cache;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// For how long a response may be reused, and what may be done with it afterwards.
///
/// There is no heuristic freshness (RFC 9111, section 4.2.2, allows it): what services answer each other is data, and
/// that a price has not changed for a year says nothing about the next minute. Without an explicit lifetime a response
/// is stale from the start; if it has a validator, it still saves its body.
///
/// @param lifetime     it is fresh while it is younger
/// @param noCache      whether it has to be validated each time, fresh or not
/// @param neverStale   whether it must not be served once it is stale, whatever else says that it may
/// @param staleIfError how much older than its lifetime it may be in place of an error (RFC 5861); `null` if never
record Freshness(
        Duration lifetime,
        boolean noCache,
        boolean neverStale,
        @Nullable Duration staleIfError) {

    /// @param shared whether it is kept for more than one user: then `s-maxage` holds, and forbids a stale answer
    /// @param date   when the response was made
    static Freshness of(CacheResponse response, boolean shared, Instant date) {
        CacheControl control = response.cacheControl();
        boolean sMaxAge = shared && control.has("s-maxage");
        Duration maxAge = control.least(sMaxAge ? "s-maxage" : "max-age");
        return new Freshness(
                maxAge == null ? untilExpires(response.values("expires"), date) : maxAge,
                control.has("no-cache"),
                control.has("no-cache")
                        || control.has("must-revalidate")
                        || sMaxAge
                        || (shared && control.has("proxy-revalidate")),
                control.least("stale-if-error"));
    }

    /// How much older than its lifetime it is at that age; negative while it is fresh.
    Duration staleness(Duration age) {
        return age.minus(lifetime);
    }

    /// What is no date, and several dates, mean that it has expired (sections 4.2.1 and 5.3).
    private static Duration untilExpires(List<String> expires, Instant date) {
        Instant at = expires.size() == 1 ? HttpDate.parse(expires.getFirst()) : null;
        return at == null || at.isBefore(date) ? Duration.ZERO : Duration.between(date, at);
    }
}
