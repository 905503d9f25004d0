package dev.muster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.service.MusterServicesProperties;
import dev.muster.service.ServiceCatalogue;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.util.unit.DataSize;

class HeapSharesTest {

    private static final long MEGABYTE = DataSize.ofMegabytes(1).toBytes();

    @ParameterizedTest
    @CsvSource({
        // heap, services that keep both kinds, bytes of each cache, of batches
        "64, 0, 4194304, 16777216",
        "64, 1, 2097152, 12582912",
        "64, 4, 524288, 12582912",
        "512, 1, 10485760, 230686720",
        "512, 4, 7864320, 188743680"
    })
    void cachesThatSayNothingFitInto(long heapMegabytes, int services, long each, long batches) {
        HeapShares shares = shares(heapMegabytes, services, Map.of());

        assertThat(shares.bytes(null)).isEqualTo(each);
        assertThat(shares.batchBytes()).isEqualTo(batches);
        assertThat(shares.fault()).isEmpty();
    }

    @Test
    void cachesThatSayWhatTheyNeedAreTakenOutFirst() {
        HeapShares shares = shares(64, 1, Map.of("muster.services.s0.cache.max-size", "5MB"));

        assertThat(shares.bytes(DataSize.ofMegabytes(5))).isEqualTo(5 * MEGABYTE);
        assertThat(shares.bytes(null)).isEqualTo(4 * MEGABYTE);
        assertThat(shares.cachesBytes()).isEqualTo(9 * MEGABYTE);
        assertThat(shares.batchBytes()).isEqualTo(8 * MEGABYTE);
        assertThat(shares.fault()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"30MB,, 34.0MB, 42.0MB", "20MB, 14MB, 24.0MB, 38.0MB"})
    void whatDoesNotFitIsToldWithTheSum(String cache, String maxBuffered, String caches, String sum) {
        Map<String, String> properties = new LinkedHashMap<>();
        properties.put("muster.services.s0.cache.max-size", cache);
        if (maxBuffered != null) {
            properties.put("muster.gateway.max-buffered", maxBuffered);
        }
        assertThat(shares(64, 1, properties).fault())
                .hasValueSatisfying(fault -> assertThat(fault).contains(caches, sum, "of the 32.0MB"));
    }

    @ParameterizedTest
    @CsvSource({"16, 2", "32, 4", "64, 16", "128, 48", "512, 240"})
    void whatBatchesMayHoldLeavesTheHeapRoomForTheRest(long heapMegabytes, long megabytes) {
        long heap = DataSize.ofMegabytes(heapMegabytes).toBytes();

        assertThat(DataSize.ofBytes(HeapShares.plannedBytes(heap))).isEqualTo(DataSize.ofMegabytes(megabytes));
    }

    @ParameterizedTest
    @CsvSource({"16, 128", "64, 512", "512, 7680", "4096, 10000"})
    void theHostsWhosePoolsAreKeptFollowTheHeap(long heapMegabytes, int hosts) {
        assertThat(HeapShares.mostHosts(DataSize.ofMegabytes(heapMegabytes).toBytes()))
                .isEqualTo(hosts);
    }

    @ParameterizedTest
    @CsvSource({"16, 256", "40, 768", "48, 2048", "64, 4096", "4096, 4096"})
    void theCallsInFlightFollowTheHeap(long heapMegabytes, int calls) {
        assertThat(HeapShares.mostInFlight(DataSize.ofMegabytes(heapMegabytes).toBytes()))
                .isEqualTo(calls);
    }

    private static HeapShares shares(long heapMegabytes, int services, Map<String, String> more) {
        Map<String, String> properties = new LinkedHashMap<>();
        for (int i = 0; i < services; i++) {
            properties.put("muster.services.s%d.base-url".formatted(i), "http://s" + i);
            properties.put("muster.services.s%d.cache".formatted(i), "");
            properties.put("muster.services.s%d.fallback.last-good".formatted(i), "1h");
        }
        properties.putAll(more);
        var binder = new Binder(new MapConfigurationPropertySource(properties));
        return HeapShares.of(
                binder.bindOrCreate("muster.gateway", CapacityProperties.class),
                new ServiceCatalogue(binder.bindOrCreate("muster", MusterServicesProperties.class)
                                .services())
                        .all(),
                heapMegabytes * MEGABYTE);
    }
}
