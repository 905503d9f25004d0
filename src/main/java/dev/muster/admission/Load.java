package dev.muster.admission;

/// How much there is to do at a moment.
///
/// @param batches     batches taken on and not over
/// @param inFlight    calls in flight
/// @param maxInFlight most calls in flight at once
/// @param waiting     calls that wait for one of those slots
/// @param waitingForHosts calls that wait for their host before that, as its service limits what it is asked
/// @param bufferedBytes    bytes of `max-buffered` that are taken
/// @param maxBufferedBytes all of them
/// @param expectedWaitNanos how long a call that comes now is likely to wait for its start
public record Load(
        int batches,
        int inFlight,
        int maxInFlight,
        int waiting,
        int waitingForHosts,
        long bufferedBytes,
        long maxBufferedBytes,
        long expectedWaitNanos) {}
