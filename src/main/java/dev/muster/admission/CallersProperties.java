package dev.muster.admission;

import jakarta.validation.Valid;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/// What callers may take, by principal.
///
/// @param callers the entries; `default` holds what the others leave out, and for every principal without an entry
@Validated
@ConfigurationProperties("muster")
public record CallersProperties(@DefaultValue Map<String, @Valid CallerProperties> callers) {}
