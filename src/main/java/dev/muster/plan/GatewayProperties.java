package dev.muster.plan;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import jakarta.validation.constraints.PositiveOrZero;
import java.time.Duration;
import java.util.List;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;
import org.springframework.validation.annotation.Validated;

/// The bounds of the gateway itself.
///
/// @param timeout         budget of a batch, from when it is accepted; a batch can only shorten it
/// @param maxRequests     most calls in one batch
/// @param maxConcurrency  most calls of one batch in flight at once; a batch can only lower it
/// @param maxInFlight     most calls of all batches in flight at once
/// @param maxWaiting      most calls of all batches that wait for a slot; a batch that would exceed it is refused as
///                        `overloaded`, unless its caller has no more than an equal part of slots and places
/// @param maxRequestSize  most bytes of a batch document
/// @param maxResponseSize most bytes of one call's response body, after decompression
/// @param maxBatchSize    most response bytes of one batch, after decompression
/// @param deadlineHeader  the header that carries the milliseconds left: read from the caller, sent to every upstream
/// @param drainTimeout    how long a stopping gateway lets accepted batches finish before it cancels them
/// @param maxQueueTime    longest time that a call is expected to wait for a slot and its event loop; a batch that
///                        comes when it would be longer, or as long as the batch's own budget, is refused as
///                        `overloaded`. In a burst, until calls have waited for so long, it may be half of the
///                        batch's budget. By default a quarter of `timeout`
/// @param maxBuffered     most memory that the batches taken on may hold until their answers have left: the bytes of
///                        their documents, 2 KB for each call, and twice the bytes of their responses. By default half
///                        of the heap beyond 32 MB, or an eighth of it if that is more, less what caches may
///                        take, but half of that at least
/// @param maxConnections  most connections of clients at once. Beyond it one is closed whose client waits for
///                        nothing: of those that never had a request the oldest, else the one that has been without
///                        for longest, else the one whose request has been on its way for longest; if all are being
///                        answered, the new one. By default one for each 48 KB of the heap beyond 32 MB: the head of a
///                        request takes 16 KB as it comes, and 12 KB more when it is read as 100 headers; the
///                        connection itself takes some 10 KB
/// @param requestTimeout  most time for a client to send its batch document
/// @param writeTimeout    most time for a client to take what was written to it; one that does not is cut off, and its
///                        batch cancelled
/// @param heartbeat       how often a comment keeps a stream of server-sent events open
/// @param forwardHeaders  headers of the client's request that go with every call to the base URL of a configured
///                        service; a call's own win
/// @param propagateTrace  whether a client's W3C trace context goes with every call
/// @param hiddenResponseHeaders response headers that are not returned unless a call asks for them
/// @param maxJsonDepth    most levels of a response body that is carried as JSON; a deeper one is text, so that no
///                        client finds the answer unreadable, which has up to four levels more. Those that are known
///                        to stop: .NET at 64 levels, Ruby at 100, Rust's serde at 128, jq 1.6 at 256, Jackson at
///                        500, PHP at 512
/// @param maxJsonDigits   most digits of a number in such a body, those after the point and of the exponent among
///                        them: Jackson stops at 1000. A number beyond a double makes text of its body, however
///                        short it is
@Validated
@ConfigurationProperties("muster.gateway")
public record GatewayProperties(
        @DefaultValue("1s") @DurationMin(millis = 1) Duration timeout,
        @DefaultValue("1000") @Positive int maxRequests,
        @DefaultValue("256") @Positive int maxConcurrency,
        @DefaultValue("4096") @Positive int maxInFlight,
        @DefaultValue("4096") @PositiveOrZero int maxWaiting,
        @DefaultValue("2MB") DataSize maxRequestSize,
        @DefaultValue("1MB") DataSize maxResponseSize,
        @DefaultValue("16MB") DataSize maxBatchSize,

        @DefaultValue("X-Envoy-Expected-Rq-Timeout-Ms") @NotBlank
        String deadlineHeader,

        @DefaultValue("20s") @DurationMin(millis = 0) Duration drainTimeout,
        @DurationMin(millis = 1) @Nullable Duration maxQueueTime,
        @Nullable DataSize maxBuffered,
        @Positive @Nullable Integer maxConnections,
        @DefaultValue("10s") @DurationMin(millis = 1) Duration requestTimeout,
        @DefaultValue("30s") @DurationMin(millis = 1) Duration writeTimeout,
        @DefaultValue("15s") @DurationMin(millis = 1) Duration heartbeat,
        @DefaultValue List<@NotBlank String> forwardHeaders,
        @DefaultValue("true") boolean propagateTrace,

        @DefaultValue({"set-cookie", "set-cookie2", "authentication-info"})
        List<@NotBlank String> hiddenResponseHeaders,

        @DefaultValue("60") @Min(1) @Max(10_000) int maxJsonDepth,
        @DefaultValue("1000") @Min(1) @Max(100_000) int maxJsonDigits) {

    /// What Muster takes of the heap without a batch, and some to spare.
    private static final long OWN_HEAP_BYTES = DataSize.ofMegabytes(32).toBytes();

    /// What a connection takes with the largest head of a request.
    private static final long CONNECTION_BYTES = DataSize.ofKilobytes(48).toBytes();

    /// What a host takes with its pool and a connection in it.
    private static final long HOST_BYTES = DataSize.ofKilobytes(64).toBytes();

    private static final int LEAST_HOSTS = 128;
    private static final int MOST_HOSTS = 10_000;
    private static final int LEAST_CONNECTIONS = 256;
    private static final int MOST_CONNECTIONS = 100_000;

    /// The bytes that documents on their way may hold, of those of all batches: half, or one document.
    public long uploadBytes(long batchBytes) {
        return Math.max(batchBytes / 2, Math.min(batchBytes, maxRequestSize.toBytes()));
    }

    /// Most connections of clients at once.
    public int maxClientConnections() {
        return maxConnections == null
                ? defaultMaxConnections(Runtime.getRuntime().maxMemory())
                : maxConnections;
    }

    /// Most hosts of a service whose pools are kept while no call uses them.
    public int mostHosts() {
        return mostHosts(Runtime.getRuntime().maxMemory());
    }

    static int mostHosts(long heapBytes) {
        return Math.toIntExact(Math.clamp((heapBytes - OWN_HEAP_BYTES) / HOST_BYTES, LEAST_HOSTS, MOST_HOSTS));
    }

    static int defaultMaxConnections(long heapBytes) {
        return Math.toIntExact(
                Math.clamp((heapBytes - OWN_HEAP_BYTES) / CONNECTION_BYTES, LEAST_CONNECTIONS, MOST_CONNECTIONS));
    }

    /// What is left is for the connections of calls in flight, 4 KB each, and for requests on their way in.
    static long defaultMaxBufferedBytes(long heapBytes) {
        return Math.max(heapBytes / 8, (heapBytes - OWN_HEAP_BYTES) / 2);
    }
}
