package dev.muster.service;

import jakarta.validation.Valid;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// The upstream services, by name.
///
/// @param services the entries; `default` holds what the others leave out, and is the service of every host that no
///                 other entry claims
@Validated
@ConfigurationProperties("muster")
public record MusterServicesProperties(@DefaultValue Map<String, @Valid ServiceProperties> services) {}
