package dev.muster.service;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How connections to a service are opened.
///
/// @param connectTimeout most time for the TCP connection, and again for the TLS handshake
/// @param sslBundle      the SSL bundle with whose certificates it is spoken to, or `null` for the JVM's trust store
public record ConnectionSettings(
        Protocol protocol,
        Duration connectTimeout,
        @Nullable String sslBundle) {}
