package dev.muster.plan;

import dev.muster.service.CacheSettings;
import dev.muster.service.Fallback;
import dev.muster.service.Service;
import java.util.Collection;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// What batches and the caches of services may hold of the heap: one budget, out of which the caches are taken first,
/// as they stay. What is left besides is for connections.
///
/// @param heapBytes   of the whole process
/// @param cacheBytes  of each cache whose size is not configured
/// @param cachesBytes of all caches together
/// @param batchBytes  of the batches taken on
public record HeapShares(long heapBytes, long cacheBytes, long cachesBytes, long batchBytes) {

    /// What Muster takes of the heap without a batch, and some to spare.
    private static final long OWN_HEAP_BYTES = DataSize.ofMegabytes(32).toBytes();

    /// What a client's connection takes with the largest head of a request.
    private static final long CONNECTION_BYTES = DataSize.ofKilobytes(48).toBytes();

    /// What the connection of a call in flight takes.
    private static final long CALL_BYTES = DataSize.ofKilobytes(4).toBytes();

    /// What a host takes with its pool and a connection in it.
    private static final long HOST_BYTES = DataSize.ofKilobytes(64).toBytes();

    private static final int LEAST_IN_FLIGHT = 256;
    private static final int MOST_IN_FLIGHT = 4_096;
    private static final int LEAST_HOSTS = 128;
    private static final int MOST_HOSTS = 10_000;
    private static final int LEAST_CONNECTIONS = 256;
    private static final int MOST_CONNECTIONS = 100_000;

    private static final long MOST_CACHE_BYTES = DataSize.ofMegabytes(10).toBytes();
    /// What part of what is planned with the caches get that do not say what they need.
    private static final int CACHES_PART = 4;

    public static HeapShares of(CapacityProperties capacity, Collection<Service> services) {
        return of(capacity, services, Runtime.getRuntime().maxMemory());
    }

    static HeapShares of(CapacityProperties capacity, Collection<Service> services, long heapBytes) {
        long sizesGiven = 0;
        int notGiven = 0;
        for (Optional<DataSize> size :
                services.stream().flatMap(HeapShares::caches).toList()) {
            sizesGiven += size.map(DataSize::toBytes).orElse(0L);
            notGiven += size.isEmpty() ? 1 : 0;
        }
        long planned = plannedBytes(heapBytes);
        long each = Math.min(MOST_CACHE_BYTES, planned / CACHES_PART / Math.max(1, notGiven));
        long all = sizesGiven + each * notGiven;
        DataSize maxBuffered = capacity.maxBuffered();
        long batches = maxBuffered == null ? Math.max(planned / 2, planned - all) : maxBuffered.toBytes();
        return new HeapShares(heapBytes, each, all, batches);
    }

    /// Most calls of all batches in flight at once, where that is not configured.
    static int mostInFlight() {
        return mostInFlight(Runtime.getRuntime().maxMemory());
    }

    static int mostInFlight(long heapBytes) {
        long rest = heapBytes - OWN_HEAP_BYTES - plannedBytes(heapBytes);
        return Math.toIntExact(Math.clamp(rest / CALL_BYTES, LEAST_IN_FLIGHT, MOST_IN_FLIGHT));
    }

    /// Most connections of clients at once, where that is not configured.
    public static int mostConnections() {
        return Math.toIntExact(Math.clamp(
                (Runtime.getRuntime().maxMemory() - OWN_HEAP_BYTES) / CONNECTION_BYTES,
                LEAST_CONNECTIONS,
                MOST_CONNECTIONS));
    }

    /// Most hosts of a service whose pools are kept while no call uses them.
    public static int mostHosts() {
        return mostHosts(Runtime.getRuntime().maxMemory());
    }

    static int mostHosts(long heapBytes) {
        return Math.toIntExact(Math.clamp((heapBytes - OWN_HEAP_BYTES) / HOST_BYTES, LEAST_HOSTS, MOST_HOSTS));
    }

    /// For batches and caches together. What is left is for the connections of calls in flight, and for requests on
    /// their way in.
    static long plannedBytes(long heapBytes) {
        return Math.max(heapBytes / 8, (heapBytes - OWN_HEAP_BYTES) / 2);
    }

    /// The most bytes of each cache of `service`, where that is configured.
    private static Stream<Optional<DataSize>> caches(Service service) {
        CacheSettings cache = service.reuse().cache();
        Fallback fallback = service.resilience().fallback();
        return Stream.of(
                        cache == null ? null : Optional.ofNullable(cache.maxSize()),
                        fallback == null || fallback.lastGood() == null
                                ? null
                                : Optional.ofNullable(fallback.maxSize()))
                .filter(Objects::nonNull);
    }

    /// The most bytes of a cache of that configured size.
    public long bytes(@Nullable DataSize configured) {
        return configured == null ? cacheBytes : configured.toBytes();
    }

    /// Why it does not fit, if there are caches and it does not.
    public Optional<String> fault() {
        long most = 2 * plannedBytes(heapBytes);
        long sum = cachesBytes + batchBytes;
        return cachesBytes == 0 || sum <= most
                ? Optional.empty()
                : Optional.of(
                        "the caches of all services may take %s and the batches of muster.gateway.max-buffered %s; that is %s, of the %s that a heap of %s has for them"
                                .formatted(
                                        megabytes(cachesBytes),
                                        megabytes(batchBytes),
                                        megabytes(sum),
                                        megabytes(most),
                                        megabytes(heapBytes)));
    }

    private static String megabytes(long bytes) {
        return "%.1fMB".formatted(bytes / (double) DataSize.ofMegabytes(1).toBytes());
    }
}
