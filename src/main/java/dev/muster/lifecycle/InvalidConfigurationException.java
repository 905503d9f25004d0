package dev.muster.lifecycle;

import java.util.List;
import java.util.stream.Collectors;

/// Muster does not start as it is configured.
final class InvalidConfigurationException extends RuntimeException {

    private final List<Fault> faults;

    /// @param faults all of them, at least one
    InvalidConfigurationException(List<Fault> faults) {
        super(faults.stream().map(Fault::toString).collect(Collectors.joining("\n")));
        this.faults = List.copyOf(faults);
    }

    List<Fault> faults() {
        return faults;
    }
}
