package dev.muster.auth;

/// Muster must not start as it is configured.
final class AuthConfigurationException extends RuntimeException {

    private final String action;

    /// @param description what is wrong
    /// @param action      what to set
    AuthConfigurationException(String description, String action) {
        super(description);
        this.action = action;
    }

    String action() {
        return action;
    }
}
