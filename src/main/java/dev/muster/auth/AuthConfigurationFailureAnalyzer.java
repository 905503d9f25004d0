package dev.muster.auth;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/// Says, instead of a stack trace, what to set before Muster starts.
final class AuthConfigurationFailureAnalyzer extends AbstractFailureAnalyzer<AuthConfigurationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, AuthConfigurationException cause) {
        return new FailureAnalysis(String.valueOf(cause.getMessage()), cause.action(), cause);
    }
}
