package dev.muster.service;

import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Positive;
import org.jspecify.annotations.Nullable;

/// How gently each host of a service is treated. A call that has to wait for its host does so before its own budget
/// starts, and holds up no call to another host.
///
/// @param maxInFlightPerHost most calls to one host in flight at once, of all batches: without limit. A call with its
///                           retries and hedges is one
/// @param ratePerHost        most calls to one host a second, of all batches, evenly spaced: without limit. Less than 1
///                           is one in so many seconds, `0.2` one in five
public record HostProperties(
        @Positive @Nullable Integer maxInFlightPerHost,
        @DecimalMin("0.001") @Nullable Double ratePerHost) {

    HostSettings orElse(HostSettings other) {
        return new HostSettings(
                maxInFlightPerHost == null ? other.maxInFlight() : maxInFlightPerHost,
                ratePerHost == null ? other.rate() : ratePerHost);
    }
}
