package dev.muster.service;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One configured upstream service, with every default filled in.
///
/// @param baseUrl        absolute `http` or `https` URL without a trailing `/`; absent where the service has none, as
///                       `default` usually has
/// @param hosts          hosts of plain URLs that belong to this service: exact names, or `*.suffix`
/// @param timeout        budget of one call, from when it has its slot until the last byte of the body
/// @param connectTimeout most time for the TCP connection, and again for the TLS handshake
/// @param required       whether a batch fails without this service's call, unless the call says otherwise
/// @param redirects      most redirects to follow, unless the call says otherwise
/// @param compression    whether to ask for `gzip`; a compressed body is understood either way
/// @param forwardHeaders headers of the client's request that go with calls to the origin of `baseUrl`, lower-cased
public record Service(
        String name,
        @Nullable URI baseUrl,
        List<String> hosts,
        Duration timeout,
        Duration connectTimeout,
        boolean required,
        int redirects,
        boolean compression,
        Protocol protocol,
        PoolSettings pool,
        Set<String> forwardHeaders) {}
