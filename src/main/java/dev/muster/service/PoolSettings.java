package dev.muster.service;

import java.time.Duration;

/// The connection pool that Muster keeps for each host of a service.
///
/// @param maxConnections most connections open to one host
/// @param maxPending     most calls that wait for a connection to one host; one more is rejected as `overloaded`
/// @param maxIdleTime    a connection idle for longer is closed
/// @param maxLifeTime    a connection older than this, give or take 10 %, is closed once its call has ended
/// @param maxStreams     most concurrent HTTP/2 streams on one connection
public record PoolSettings(
        int maxConnections, int maxPending, Duration maxIdleTime, Duration maxLifeTime, int maxStreams) {}
