package dev.muster.lifecycle;

/// What has to hold of the configuration beyond its single properties.
@FunctionalInterface
interface ConfigurationRule {

    /// Finds every fault that it is about, and neither waits for anything nor connects to anybody.
    ///
    /// @param configuration what is configured, without the values that cannot be read at all
    void check(BoundConfiguration configuration, ConfigurationFaults faults);
}
