package dev.muster.service;

import java.time.Duration;
import java.util.Objects;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;

/// How connections to a service are opened.
///
/// @param protocol       `http1`, `h2` (TLS) or `h2c` (clear text): `http1`
/// @param connectTimeout most time for the TCP connection, and again for the TLS handshake: 100 ms. A local peer
///                       answers a SYN in microseconds; whoever has not after 100 ms will not within the call's budget
///                       either
/// @param sslBundle      the entry of `spring.ssl.bundle` with whose certificates it is spoken to over TLS: none, so
///                       that the service's certificate is checked against the JVM's trust store
public record ConnectionProperties(
        @Nullable Protocol protocol,
        @DurationMin(millis = 1) @Nullable Duration connectTimeout,
        @Nullable String sslBundle) {

    ConnectionSettings orElse(ConnectionSettings other) {
        return new ConnectionSettings(
                Objects.requireNonNullElse(protocol, other.protocol()),
                Objects.requireNonNullElse(connectTimeout, other.connectTimeout()),
                sslBundle == null ? other.sslBundle() : sslBundle);
    }
}
