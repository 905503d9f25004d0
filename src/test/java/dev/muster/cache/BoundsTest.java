package dev.muster.cache;

import static dev.muster.cache.CachedService.START;
import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.ok;
import static dev.muster.cache.CachedService.request;
import static dev.muster.cache.CachedService.response;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What a cache takes at most, and that threads may share it.
class BoundsTest {

    private static final int MAX_BYTES = 256 * 1024;
    private static final String BODY = "x".repeat(1_000);

    @Test
    void tenThousandUrisLeaveAtMostTheConfiguredBytes() {
        var service = new CachedService(MAX_BYTES);

        for (int i = 0; i < 10_000; i++) {
            service.store(get("/items/" + i, ""), ok("cache-control: max-age=60; content-type: text/plain", BODY));
            assertThat(service.cache.bytes()).isLessThanOrEqualTo(MAX_BYTES);
        }

        long found = IntStream.range(0, 10_000)
                .filter(i -> service.look(get("/items/" + i, "")).startsWith("fresh"))
                .count();
        assertThat(found).isBetween(50L, (long) MAX_BYTES / BODY.length());
    }

    @Test
    void tenThousandAskersLeaveAtMostTheConfiguredBytes() {
        var service = new CachedService(MAX_BYTES);

        for (int i = 0; i < 10_000; i++) {
            service.store(as("user-" + i, ""), ok("cache-control: max-age=60", BODY));
        }

        assertThat(service.cache.bytes()).isLessThanOrEqualTo(MAX_BYTES);
    }

    @Test
    void headersCountAsMuchAsTheBody() {
        var service = new CachedService(MAX_BYTES);

        for (int i = 0; i < 1_000; i++) {
            service.store(get("/items/" + i, ""), ok("cache-control: max-age=60; x-large: " + BODY.repeat(10), ""));
        }

        assertThat(service.cache.bytes()).isBetween(10_000L, (long) MAX_BYTES);
        long found = IntStream.range(0, 1_000)
                .filter(i -> service.look(get("/items/" + i, "")).startsWith("fresh"))
                .count();
        assertThat(found).isLessThanOrEqualTo(MAX_BYTES / 10_000);
    }

    @Test
    void aResponseThatIsLargerThanTheCacheIsNotStored() {
        var service = new CachedService(MAX_BYTES);
        service.store(get("/small", ""), ok("cache-control: max-age=60", BODY));

        service.store(get("/large", ""), ok("cache-control: max-age=60", "x".repeat(MAX_BYTES)));

        assertThat(service.look(get("/large", ""))).isEqualTo("miss");
        assertThat(service.look(get("/small", ""))).startsWith("fresh");
    }

    @Test
    void threadsThatReadStoreAndInvalidateSeeWholeResponsesOfTheirOwn() throws Exception {
        var millis = new AtomicLong();
        InstantSource clock = () -> START.plusMillis(millis.incrementAndGet());
        var cache = new ResponseCache(MAX_BYTES, clock);
        List<Callable<Integer>> tasks = IntStream.range(0, 8)
                .<Callable<Integer>>mapToObj(thread -> () -> exercise(cache, clock, "user-" + thread))
                .toList();

        int hits = 0;
        try (var threads = Executors.newFixedThreadPool(tasks.size())) {
            for (Future<Integer> done : threads.invokeAll(tasks, 60, TimeUnit.SECONDS)) {
                hits += done.get();
            }
        }

        assertThat(hits).isPositive();
        assertThat(cache.bytes()).isBetween(0L, (long) MAX_BYTES);
    }

    /// Reads, stores and changes twenty resources that all threads share the URIs of; every answer has to be the
    /// principal's own, and none older than its last change.
    private static int exercise(ResponseCache cache, InstantSource clock, String principal) {
        int hits = 0;
        for (int i = 0; i < 5_000; i++) {
            String path = "/items/" + i % 20;
            CacheRequest get = request("GET", path, "", principal);
            if (cache.lookup(get) instanceof CacheLookup.Fresh(CacheResponse response)) {
                assertThat(new String(response.body(), UTF_8)).isEqualTo(path + principal);
                hits++;
            } else {
                Instant sent = clock.instant();
                cache.store(get, ok("cache-control: private, max-age=600", path + principal), sent, clock.instant());
            }
            if (i % 100 == 99) {
                cache.invalidate(request("PUT", path, "", principal), response(204, "", ""));
                assertThat(cache.lookup(get)).isEqualTo(new CacheLookup.Miss());
            }
        }
        return hits;
    }
}
