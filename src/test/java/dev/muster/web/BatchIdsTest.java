package dev.muster.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchIdsTest {

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1_790_000_000_123L, 0xFFFF_FFFF_FFFFL})
    void hasVersion7AndTheTimeInFront(long millis) {
        var ids = new BatchIds(InstantSource.fixed(Instant.ofEpochMilli(millis)));

        assertThat(Stream.generate(ids::next).limit(1_000)).allSatisfy(id -> {
            assertThat(id.version()).isEqualTo(7);
            assertThat(id.variant()).isEqualTo(2);
            assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(millis);
        });
    }

    @Test
    void isUniqueWhenManyAreMadeAtOneMoment() {
        var ids = new BatchIds(InstantSource.fixed(Instant.EPOCH));
        Set<UUID> made = Collections.synchronizedSet(new HashSet<>());

        Stream.generate(ids::next).limit(100_000).parallel().forEach(made::add);

        assertThat(made).hasSize(100_000);
    }

    @Test
    void usesEveryBitThatIsNotGiven() {
        var ids = new BatchIds(InstantSource.fixed(Instant.EPOCH));
        long high = 0;
        long low = 0;

        for (int i = 0; i < 1_000; i++) {
            UUID id = ids.next();
            high |= id.getMostSignificantBits();
            low |= id.getLeastSignificantBits();
        }

        assertThat(high).isEqualTo(0x7FFFL);
        assertThat(low).isEqualTo(0xBFFF_FFFF_FFFF_FFFFL);
    }

    @Test
    void sortsByTimeAsText() {
        var now = new AtomicLong(1_790_000_000_000L);
        var ids = new BatchIds(() -> Instant.ofEpochMilli(now.getAndAdd(7)));

        List<String> made =
                Stream.generate(ids::next).limit(1_000).map(UUID::toString).toList();

        assertThat(made).isSorted();
    }
}
