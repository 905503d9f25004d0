package dev.muster.admission;

import io.github.bucket4j.Bucket;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// One caller's part of the gateway.
///
/// @param name       its principal
/// @param burst      most calls at once, if there is a rate
/// @param calls      what is left of the rate, or `null` if there is none
/// @param gate       where calls wait that are more than may be in flight, or `null` if all the gateway's may
/// @param maxWaiting most calls that wait at that gate
/// @param holdings   what its batches may hold
/// @param refused    whether a batch of it was refused for want of room, and there is not enough again
record Caller(
        String name,
        int burst,
        @Nullable Bucket calls,
        @Nullable Gate gate,
        int maxWaiting,
        Holdings holdings,
        AtomicBoolean refused) {

    /// What one caller's batches may hold.
    ///
    /// @param memory  of all
    /// @param uploads what of that is for documents that are still on their way
    /// @param streams what of that is for batches without end, besides their calls
    /// @param retained of the room for those that outlive their request
    record Holdings(Room.Part memory, Room.Part uploads, Room.Part streams, RetainedRooms.Share retained) {}

    Room.Part memory() {
        return holdings.memory();
    }

    Room.Part uploads() {
        return holdings.uploads();
    }

    Room.Part streams() {
        return holdings.streams();
    }

    RetainedRooms.Share retained() {
        return holdings.retained();
    }

    /// How many of its calls have a slot of the gateway or wait for one, with so many more; all of them, where its part
    /// is all.
    int slotsWith(int more) {
        return gate == null ? Integer.MAX_VALUE : Math.min(gate.size(), gate.size() - gate.available() + more);
    }
}
