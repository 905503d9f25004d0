package dev.muster.service;

import jakarta.validation.Valid;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Which responses of a service answer more than one call.
///
/// @param cache    the cache of responses: none
/// @param coalesce whether identical `GET`s of one batch share one request while it is in flight: no
public record ReuseProperties(
        @Valid @Nullable CacheSettings cache, @Nullable Boolean coalesce) {

    ReuseSettings orElse(ReuseSettings other) {
        return new ReuseSettings(
                cache == null ? other.cache() : cache, Objects.requireNonNullElse(coalesce, other.coalesce()));
    }
}
