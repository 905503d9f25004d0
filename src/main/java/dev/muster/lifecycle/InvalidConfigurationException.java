package dev.muster.lifecycle;

import java.util.List;
import java.util.stream.Collectors;

/// Muster does not start as it is configured.
final class InvalidConfigurationException extends RuntimeException {

    private final List<ConfigurationFault> faults;

    /// @param faults all of them, at least one
    InvalidConfigurationException(List<ConfigurationFault> faults) {
        super(faults.stream().map(ConfigurationFault::toString).collect(Collectors.joining("\n")));
        this.faults = List.copyOf(faults);
    }

    List<ConfigurationFault> faults() {
        return faults;
    }
}
