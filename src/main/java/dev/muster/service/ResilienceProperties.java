package dev.muster.service;

import jakarta.validation.Valid;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What is done about a service that is slow or failing, besides what Resilience4j is told.
///
/// @param ejection    when one of several base URLs is passed over
/// @param retryBudget how many extra requests the service may get
/// @param hedge       when a late call gets a second attempt: never
/// @param adaptiveConcurrency a limit of calls in flight that follows the latency, instead of a bulkhead: none
/// @param fallback    what stands in for a call whose upstream is in trouble: nothing
public record ResilienceProperties(
        @Valid @Nullable Ejection ejection,
        @Valid @Nullable RetryBudget retryBudget,
        @Valid @Nullable Hedge hedge,
        @Valid @Nullable AdaptiveConcurrency adaptiveConcurrency,
        @Valid @Nullable Fallback fallback) {

    ResilienceSettings orElse(ResilienceSettings other) {
        return new ResilienceSettings(
                Objects.requireNonNullElse(ejection, other.ejection()),
                Objects.requireNonNullElse(retryBudget, other.retryBudget()),
                hedge == null ? other.hedge() : hedge,
                adaptiveConcurrency == null ? other.adaptiveConcurrency() : adaptiveConcurrency,
                fallback == null ? other.fallback() : fallback);
    }
}
