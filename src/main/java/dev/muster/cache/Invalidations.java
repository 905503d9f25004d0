package dev.muster.cache;

import java.time.Instant;
import java.util.concurrent.atomic.AtomicLongArray;

/// When what was stored of a URI was last made invalid.
///
/// A moment is noted instead of removing responses, because they are stored per asker, and because one that is on its
/// way when another request changes the resource is out of date before it can be removed. URIs share a fixed number of
/// moments: memory is bounded, nothing is ever forgotten, and a collision costs a miss.
final class Invalidations {

    private static final int SLOTS = 16_384;

    private final AtomicLongArray millis = new AtomicLongArray(SLOTS);

    Invalidations() {
        for (int slot = 0; slot < SLOTS; slot++) {
            millis.set(slot, Long.MIN_VALUE);
        }
    }

    void invalidate(TargetUri uri, Instant now) {
        millis.accumulateAndGet(slot(uri), now.toEpochMilli(), Math::max);
    }

    /// Whether a response that was asked for at `requestTime` may still be used.
    boolean isValid(TargetUri uri, Instant requestTime) {
        return requestTime.toEpochMilli() > millis.get(slot(uri));
    }

    private static int slot(TargetUri uri) {
        int hash = uri.hashCode();
        return (hash ^ (hash >>> 16)) & (SLOTS - 1);
    }
}
