package dev.muster.service;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;

/// One entry of `muster.services`. What an entry leaves out, it takes from the entry `default`; what that leaves out is
/// the value named here.
///
/// @param baseUrl        where `service` + `path` calls go, for example `http://pricing:8080`
/// @param hosts          hosts of plain URLs that belong to this service: exact names, or `*.suffix`
/// @param timeout        budget of one call: 300 ms
/// @param connectTimeout most time for the TCP connection, and again for the TLS handshake: 100 ms. A local peer
///                       answers a SYN in microseconds; whoever has not after 100 ms will not within the call's budget
///                       either
/// @param required       whether a batch fails without this service's call: no
/// @param redirects      most redirects to follow, 0 to 5: 0
/// @param compression    whether to ask the service for `gzip`: yes
/// @param protocol       `http1`, `h2` (TLS) or `h2c` (clear text): `http1`
/// @param maxConnections most connections open to one host: 500. The library's default of 2 for each processor would
///                       queue most of a large batch
/// @param maxPending     most calls that wait for a connection to one host: 2000. Bounded, so that a dead host cannot
///                       collect waiters; one more is rejected as `overloaded`
/// @param maxIdleTime    a connection idle for longer is closed: 4 s. It has to stay below the upstream's own
///                       keep-alive (Node closes after 5 s), or Muster sends into a connection that is just being
///                       closed
/// @param maxLifeTime    a connection older than this, give or take 10 %, is closed once its call has ended: 5 m. New
///                       connections find new addresses behind a name; the variance keeps them from closing together
/// @param maxStreams     most concurrent HTTP/2 streams on one connection: 100
/// @param baseUrls       instead of `baseUrl`: several URLs of one service, balanced by calls in flight
/// @param ejection       when one of several base URLs is passed over
/// @param retryBudget    how many extra requests the service may get
/// @param hedge          when a late call gets a second attempt: never
/// @param adaptiveConcurrency a limit of calls in flight that follows the latency, instead of a bulkhead: none
/// @param fallback       what stands in for a call whose upstream is in trouble: nothing
/// @param cache          the cache of responses: none
/// @param coalesce       whether identical `GET`s of one batch share one request while it is in flight: no
/// @param forwardHeaders headers of the client's request that go with calls to the origin of `base-url`, besides
///                       those of the gateway: none
/// @param sslBundle      the entry of `spring.ssl.bundle` with whose certificates it is spoken to over TLS: none, so
///                       that the service's certificate is checked against the JVM's trust store
/// @param credentials    what the service is shown to let Muster in: nothing
public record ServiceProperties(
        @Nullable URI baseUrl,
        @Nullable List<String> hosts,
        @DurationMin(millis = 1) @Nullable Duration timeout,
        @DurationMin(millis = 1) @Nullable Duration connectTimeout,
        @Nullable Boolean required,
        @Min(0) @Max(5) @Nullable Integer redirects,
        @Nullable Boolean compression,
        @Nullable Protocol protocol,
        @Positive @Nullable Integer maxConnections,
        @Positive @Nullable Integer maxPending,
        @DurationMin(millis = 1) @Nullable Duration maxIdleTime,
        @DurationMin(millis = 1) @Nullable Duration maxLifeTime,
        @Positive @Nullable Integer maxStreams,
        @Nullable List<URI> baseUrls,
        @Valid @Nullable Ejection ejection,
        @Valid @Nullable RetryBudget retryBudget,
        @Valid @Nullable Hedge hedge,
        @Valid @Nullable AdaptiveConcurrency adaptiveConcurrency,
        @Valid @Nullable Fallback fallback,
        @Valid @Nullable CacheSettings cache,
        @Nullable Boolean coalesce,
        @Nullable List<@NotBlank String> forwardHeaders,
        @Nullable String sslBundle,
        @Nullable Credentials credentials) {

    /// An entry that says where the service is, and nothing else.
    public static ServiceProperties at(URI baseUrl) {
        return new ServiceProperties(
                baseUrl, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null, null, null, null, null, null, null);
    }
}
