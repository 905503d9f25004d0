package dev.muster.auth;

/// How callers prove who they are.
public enum AuthMode {
    /// They do not: whoever reaches the port may call.
    NONE,
    /// With a key that is configured here.
    API_KEY,
    /// With a token that an issuer signed.
    JWT
}
