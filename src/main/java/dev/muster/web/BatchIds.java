package dev.muster.web;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;

/// Makes ids for batches: UUIDs of version 7 (RFC 9562), which sort by time and cannot be guessed.
final class BatchIds {

    private final SecureRandom random = new SecureRandom();
    private final InstantSource clock;

    BatchIds(InstantSource clock) {
        this.clock = clock;
    }

    UUID next() {
        long high = clock.millis() << 16 | 0x7000 | random.nextInt(1 << 12);
        long low = 0x8000_0000_0000_0000L | random.nextLong() >>> 2;
        return new UUID(high, low);
    }
}
