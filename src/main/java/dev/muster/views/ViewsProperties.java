package dev.muster.views;

import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// The views, by name.
///
/// @param views batches that the operator writes and callers name
@Validated
@ConfigurationProperties("muster")
public record ViewsProperties(@DefaultValue Map<String, ViewProperties> views) {}
