package dev.muster.service;

import jakarta.validation.constraints.Positive;
import java.time.Duration;
import java.util.Objects;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;

/// The connection pool that Muster keeps for each host of a service.
///
/// @param maxConnections most connections open to one host: 500. Reactor Netty's default of 2 for each processor
///                       would queue most of a large batch
/// @param maxPending     most calls that wait for a connection to one host: 2000. Bounded, so that a dead host cannot
///                       collect waiters; one more is rejected as `overloaded`
/// @param maxIdleTime    a connection idle for longer is closed: 4 s. It has to stay below the upstream's own
///                       keep-alive (Node closes after 5 s), or Muster sends into a connection that is just being
///                       closed
/// @param maxLifeTime    a connection older than this, give or take 10 %, is closed once its call has ended: 5 m. New
///                       connections find new addresses behind a name; the variance keeps them from closing together
/// @param maxStreams     most concurrent HTTP/2 streams on one connection: 100
public record PoolProperties(
        @Positive @Nullable Integer maxConnections,
        @Positive @Nullable Integer maxPending,
        @DurationMin(millis = 1) @Nullable Duration maxIdleTime,
        @DurationMin(millis = 1) @Nullable Duration maxLifeTime,
        @Positive @Nullable Integer maxStreams) {

    PoolSettings orElse(PoolSettings other) {
        return new PoolSettings(
                Objects.requireNonNullElse(maxConnections, other.maxConnections()),
                Objects.requireNonNullElse(maxPending, other.maxPending()),
                Objects.requireNonNullElse(maxIdleTime, other.maxIdleTime()),
                Objects.requireNonNullElse(maxLifeTime, other.maxLifeTime()),
                Objects.requireNonNullElse(maxStreams, other.maxStreams()));
    }
}
