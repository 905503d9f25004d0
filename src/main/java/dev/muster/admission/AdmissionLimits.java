package dev.muster.admission;

import dev.muster.plan.GatewayProperties;
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
public record AdmissionLimits(
        Duration timeout,
        int maxRequests,
        int maxInFlight,
        int maxWaiting,
        Duration maxQueueTime,
        long batchBytes,
        long uploadBytes) {

    /// Those of `gateway`, with so many bytes for the batches taken on.
    public static AdmissionLimits of(GatewayProperties gateway, long batchBytes) {
        Duration maxQueueTime = gateway.maxQueueTime();
        return new AdmissionLimits(
                gateway.timeout(),
                gateway.maxRequests(),
                gateway.maxInFlight(),
                gateway.maxWaiting(),
                maxQueueTime == null ? gateway.timeout().dividedBy(4) : maxQueueTime,
                batchBytes,
                gateway.uploadBytes(batchBytes));
    }

    long maxQueueNanos() {
        return maxQueueTime.toNanos();
    }
}
