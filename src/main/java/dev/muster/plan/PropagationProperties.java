package dev.muster.plan;

import jakarta.validation.constraints.NotBlank;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// What of a request goes on to the upstreams.
///
/// @param deadlineHeader the header that carries the milliseconds left: read from the caller, sent to every
///                       upstream
/// @param forwardHeaders headers of the client's request that go with every call to the base URL of a configured
///                       service; a call's own win
/// @param propagateTrace whether a client's W3C trace context goes with every call
@Validated
@ConfigurationProperties("muster.gateway")
public record PropagationProperties(
        @DefaultValue("X-Envoy-Expected-Rq-Timeout-Ms") @NotBlank
        String deadlineHeader,

        @DefaultValue List<@NotBlank String> forwardHeaders,
        @DefaultValue("true") boolean propagateTrace) {}
