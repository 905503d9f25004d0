package dev.muster.admission;

/// How much is taken of the room for batches that outlive their request.
///
/// @param batches   those that run or are kept
/// @param calls     of all of them
/// @param bytes     that they hold
/// @param maxBytes  that they may hold
/// @param followers clients that follow one of them
public record RetainedLoad(long batches, long calls, long bytes, long maxBytes, long followers) {}
