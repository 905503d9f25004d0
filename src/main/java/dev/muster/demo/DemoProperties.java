package dev.muster.demo;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Profile;
import org.springframework.validation.annotation.Validated;

/// Where the upstream simulator listens.
///
/// @param port port on 127.0.0.1; 0 picks a free one, which [UpstreamSimulator#port()] then tells
@Profile("demo")
@Validated
@ConfigurationProperties("muster.demo")
public record DemoProperties(
        @DefaultValue("8089") @Min(0) @Max(65535) int port) {}
