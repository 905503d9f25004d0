package dev.muster.admission;

import dev.muster.plan.BatchProperties;
import dev.muster.plan.CapacityProperties;
import java.time.Duration;

/// How much there is room for.
///
/// @param timeout      the most time that a batch can have
/// @param maxRequests  most calls in one batch
/// @param maxInFlight  most calls of all batches in flight at once
/// @param maxWaiting   most calls of all batches that wait for a slot
/// @param maxQueueTime longest time that a call is expected to wait for its start
/// @param batchBytes   most memory that the batches taken on may hold
/// @param uploadBytes  most of that which documents on their way may hold
/// @param retained     what of it, and of other things, is for batches that outlive their request
public record AdmissionLimits(
        Duration timeout,
        int maxRequests,
        int maxInFlight,
        int maxWaiting,
        Duration maxQueueTime,
        long batchBytes,
        long uploadBytes,
        RetainedLimits retained) {

    /// Those that are configured, with so many bytes for the batches taken on.
    public static AdmissionLimits of(BatchProperties batches, CapacityProperties capacity, long batchBytes) {
        Duration maxQueueTime = capacity.maxQueueTime();
        return new AdmissionLimits(
                batches.timeout(),
                batches.maxRequests(),
                capacity.mostInFlight(),
                capacity.maxWaiting(),
                maxQueueTime == null ? batches.timeout().dividedBy(4) : maxQueueTime,
                batchBytes,
                batches.uploadBytes(batchBytes),
                RetainedLimits.NONE);
    }

    /// The same with room for batches that outlive their request.
    public AdmissionLimits retaining(RetainedLimits more) {
        return new AdmissionLimits(
                timeout, maxRequests, maxInFlight, maxWaiting, maxQueueTime, batchBytes, uploadBytes, more);
    }

    long maxQueueNanos() {
        return maxQueueTime.toNanos();
    }
}
