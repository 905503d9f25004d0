package dev.muster.plan;

import java.time.Duration;

/// The time that one call has from its start on.
///
/// @param time  the shorter of the service's and the call's own timeout
/// @param layer the layer that it came from
public record Budget(Duration time, Layer layer) {}
