package dev.muster.lifecycle;

import java.util.stream.Collectors;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Says, instead of a stack trace, what is wrong with the configuration, in a line for each fault.
final class InvalidConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<InvalidConfigurationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, InvalidConfigurationException cause) {
        int number = cause.faults().size();
        String description = cause.faults().stream()
                .map(fault -> "  " + fault)
                .collect(Collectors.joining(
                        "\n",
                        "The configuration has %s:%n".formatted(number == 1 ? "a fault" : number + " faults"),
                        ""));
        return new FailureAnalysis(description, null, cause);
    }
}
