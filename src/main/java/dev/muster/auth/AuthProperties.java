package dev.muster.auth;

import jakarta.validation.Valid;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.hibernate.validator.constraints.time.DurationMin;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// Who may call. What is to be known of an issuer of tokens stands under `spring.security.oauth2.resourceserver.jwt`.
///
/// @param mode         how callers prove who they are; it may be left out, which is `none`, where only this machine
///                     can reach Muster
/// @param apiKeys      hashes of each principal's keys, as `sha256:` and 64 hexadecimal digits; more than one, so
///                     that a key can be replaced while the old one is still used
/// @param jwt          what Spring's own properties of tokens leave out
/// @param allowedHosts names that `Host` and `Origin` may have besides those of loopback, `*.` for all below one.
///                     Checked where only this machine can reach Muster and nobody is asked who they are, and
///                     wherever a name is set here
@Validated
@ConfigurationProperties("muster.auth")
public record AuthProperties(
        @Nullable AuthMode mode,
        @DefaultValue Map<String, List<String>> apiKeys,
        @DefaultValue @Valid Jwt jwt,
        @DefaultValue List<String> allowedHosts) {

    /// What a token has to have.
    ///
    /// @param scope              the scope that a token must have to be let in, or `null` if it needs none
    /// @param keyRefreshInterval least time between two fetches of the issuer's keys: a key that is not among them
    ///                           is looked for once in it, however many tokens name one
    public record Jwt(
            @Nullable String scope,
            @DefaultValue("30s") @DurationMin(millis = 1) Duration keyRefreshInterval) {}
}
