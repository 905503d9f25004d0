package dev.muster.plan;

/// What bounds the calls of one batch together.
///
/// @param concurrency most of them in flight at once
/// @param begun       most of them that are in flight or wait for anything: more than `concurrency` where one may wait
///                    for something that others need not wait for
/// @param maxBytes    most response bytes of all of them, after decompression; of each alone, where there is no end to
///                    them
public record BatchLimits(int concurrency, int begun, long maxBytes) {}
