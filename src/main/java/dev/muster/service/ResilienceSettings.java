package dev.muster.service;

import org.jspecify.annotations.Nullable;

/// What is done about a service that is slow or failing, besides what Resilience4j is told.
///
/// @param hedge    when a late call gets a second attempt, or `null` for never
/// @param adaptiveConcurrency the limit of calls in flight that follows the latency, or `null` for none
/// @param fallback what stands in for a call whose upstream is in trouble, or `null` for nothing
public record ResilienceSettings(
        Ejection ejection,
        RetryBudget retryBudget,
        @Nullable Hedge hedge,
        @Nullable AdaptiveConcurrency adaptiveConcurrency,
        @Nullable Fallback fallback) {}
