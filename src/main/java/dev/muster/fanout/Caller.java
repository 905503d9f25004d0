package dev.muster.fanout;

import io.github.bucket4j.Bucket;
import org.jspecify.annotations.Nullable;

/// One caller's part of the gateway.
///
/// @param burst      most calls at once, if there is a rate
/// @param calls      what is left of the rate, or `null` if there is none
/// @param gate       where calls wait that are more than may be in flight, or `null` if all the gateway's may
/// @param maxWaiting most calls that wait at that gate
/// @param memory     what its batches may hold
/// @param uploads    what of that may be for documents that are still on their way
record Caller(
        int burst, @Nullable Bucket calls, @Nullable Gate gate, int maxWaiting, Room.Part memory, Room.Part uploads) {}
