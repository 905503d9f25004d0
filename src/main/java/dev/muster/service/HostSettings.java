package dev.muster.service;

import org.jspecify.annotations.Nullable;

/// How gently each host of a service is treated.
///
/// @param maxInFlight most calls to one host in flight at once, or `null` for any number
/// @param rate        most calls to one host a second, or `null` for any number
public record HostSettings(
        @Nullable Integer maxInFlight, @Nullable Double rate) {

    /// Whether a call may have to wait for its host.
    public boolean areLimits() {
        return maxInFlight != null || rate != null;
    }
}
