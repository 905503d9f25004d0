package dev.muster.server;

import dev.muster.plan.HeapShares;
import jakarta.validation.constraints.Positive;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// How many clients may be connected, and how long each may take.
///
/// @param maxConnections most connections of clients at once. Beyond it one is closed whose client waits for
///                       nothing: of those that never had a request the oldest, else the one that has been
///                       without for longest, else the one whose request has been on its way for longest; if all
///                       are being answered, the new one. By default one for each 48 KB of the heap beyond 32 MB:
///                       the head of a request takes 16 KB as it comes, and 12 KB more when it is read as 100
///                       headers; the connection itself takes some 10 KB
/// @param requestTimeout most time for a client to send its batch document
/// @param writeTimeout   most time for a client to take what was written to it; one that does not is cut off, and
///                       its batch cancelled
/// @param heartbeat      how often a comment keeps a stream of server-sent events open
/// @param drainTimeout   how long a stopping gateway lets accepted batches finish before it cancels them
@Validated
@ConfigurationProperties("muster.gateway")
public record ClientProperties(
        @Positive @Nullable Integer maxConnections,
        @DefaultValue("10s") @DurationMin(millis = 1) Duration requestTimeout,
        @DefaultValue("30s") @DurationMin(millis = 1) Duration writeTimeout,
        @DefaultValue("15s") @DurationMin(millis = 1) Duration heartbeat,
        @DefaultValue("20s") @DurationMin(millis = 0) Duration drainTimeout) {

    /// Most connections of clients at once.
    public int maxClientConnections() {
        return maxConnections == null ? HeapShares.mostConnections() : maxConnections;
    }
}
