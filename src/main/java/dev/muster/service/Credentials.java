package dev.muster.service;

import org.jspecify.annotations.Nullable;

/// What Muster shows a service to be let in, either an access token or a header. It goes to the origins of the
/// service's base URLs only, and takes the place of what a caller sends in the same header.
///
/// @param oauth2 the registration of `spring.security.oauth2.client`, of the grant type `client_credentials`, whose
///               access token is sent as `authorization`
/// @param header the name of a header
/// @param value  its value, best taken from a secret: `${LEGACY_KEY}`
public record Credentials(
        @Nullable String oauth2,
        @Nullable String header,
        @Nullable String value) {

    /// Without the value.
    @Override
    public String toString() {
        return oauth2 == null ? "header " + header : "oauth2 " + oauth2;
    }
}
