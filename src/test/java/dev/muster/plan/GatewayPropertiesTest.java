package dev.muster.plan;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.util.unit.DataSize;

class GatewayPropertiesTest {

    @ParameterizedTest
    @CsvSource({"16, 2", "32, 4", "64, 16", "128, 48", "512, 240"})
    void whatBatchesMayHoldLeavesTheHeapRoomForTheRest(long heapMegabytes, long megabytes) {
        long heap = DataSize.ofMegabytes(heapMegabytes).toBytes();

        assertThat(DataSize.ofBytes(GatewayProperties.defaultMaxBufferedBytes(heap)))
                .isEqualTo(DataSize.ofMegabytes(megabytes));
    }

    @ParameterizedTest
    @CsvSource({"16, 128", "64, 512", "512, 7680", "4096, 10000"})
    void theHostsWhosePoolsAreKeptFollowTheHeap(long heapMegabytes, int hosts) {
        assertThat(GatewayProperties.mostHosts(
                        DataSize.ofMegabytes(heapMegabytes).toBytes()))
                .isEqualTo(hosts);
    }
}
