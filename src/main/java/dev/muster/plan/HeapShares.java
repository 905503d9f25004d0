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
/// as they stay.
///
/// @param heapBytes   of the whole process
/// @param cacheBytes  of each cache whose size is not configured
/// @param cachesBytes of all caches together
/// @param batchBytes  of the batches taken on
public record HeapShares(long heapBytes, long cacheBytes, long cachesBytes, long batchBytes) {

    private static final long MOST_CACHE_BYTES = DataSize.ofMegabytes(10).toBytes();
    /// What part of what is planned with the caches get that do not say what they need.
    private static final int CACHES_PART = 4;

    public static HeapShares of(GatewayProperties gateway, Collection<Service> services) {
        return of(gateway, services, Runtime.getRuntime().maxMemory());
    }

    static HeapShares of(GatewayProperties gateway, Collection<Service> services, long heapBytes) {
        long sizesGiven = 0;
        int notGiven = 0;
        for (Optional<DataSize> size :
                services.stream().flatMap(HeapShares::caches).toList()) {
            sizesGiven += size.map(DataSize::toBytes).orElse(0L);
            notGiven += size.isEmpty() ? 1 : 0;
        }
        long planned = GatewayProperties.defaultMaxBufferedBytes(heapBytes);
        long each = Math.min(MOST_CACHE_BYTES, planned / CACHES_PART / Math.max(1, notGiven));
        long all = sizesGiven + each * notGiven;
        DataSize maxBuffered = gateway.maxBuffered();
        long batches = maxBuffered == null ? Math.max(planned / 2, planned - all) : maxBuffered.toBytes();
        return new HeapShares(heapBytes, each, all, batches);
    }

    /// The most bytes of each cache of `service`, where that is configured.
    private static Stream<Optional<DataSize>> caches(Service service) {
        CacheSettings cache = service.cache();
        Fallback fallback = service.fallback();
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
        long most = 2 * GatewayProperties.defaultMaxBufferedBytes(heapBytes);
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
