package dev.muster.service;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One configured upstream service, with every default filled in.
///
/// @param baseUrls       absolute `http` or `https` URLs without a trailing `/`; none where the service has none, as
///                       `default` usually has
/// @param hosts          hosts of plain URLs that belong to this service: exact names, or `*.suffix`
/// @param timeout        budget of one call, from when it has its slot until the last byte of the body
/// @param connectTimeout most time for the TCP connection, and again for the TLS handshake
/// @param required       whether a batch fails without this service's call, unless the call says otherwise
/// @param redirects      most redirects to follow, unless the call says otherwise
/// @param compression    whether to ask for `gzip`; a compressed body is understood either way
/// @param hedge          when a late call gets a second attempt, or `null` for never
/// @param adaptiveConcurrency the limit of calls in flight that follows the latency, or `null` for none
/// @param fallback       what stands in for a call whose upstream is in trouble, or `null` for nothing
/// @param cache          the cache of responses, or `null` for none
/// @param coalesce       whether identical `GET`s of one batch share one request
/// @param forwardHeaders headers of the client's request that go with calls to the origin of `baseUrl`, lower-cased
/// @param sslBundle      the SSL bundle with whose certificates it is spoken to, or `null` for the JVM's trust store
/// @param credentials    what it is shown to let Muster in, or `null` for nothing
public record Service(
        String name,
        List<URI> baseUrls,
        List<String> hosts,
        Duration timeout,
        Duration connectTimeout,
        boolean required,
        int redirects,
        boolean compression,
        Protocol protocol,
        PoolSettings pool,
        Ejection ejection,
        RetryBudget retryBudget,
        @Nullable Hedge hedge,
        @Nullable AdaptiveConcurrency adaptiveConcurrency,
        @Nullable Fallback fallback,
        @Nullable CacheSettings cache,
        boolean coalesce,
        Set<String> forwardHeaders,
        @Nullable String sslBundle,
        @Nullable Credentials credentials) {

    /// The first of the base URLs, which also stands for all of them; `null` where there is none.
    public @Nullable URI baseUrl() {
        return baseUrls.isEmpty() ? null : baseUrls.getFirst();
    }
}
