package dev.muster.service;

import org.jspecify.annotations.Nullable;

/// Which responses of a service answer more than one call.
///
/// @param cache    the cache of responses, or `null` for none
/// @param coalesce whether identical `GET`s of one batch share one request
public record ReuseSettings(@Nullable CacheSettings cache, boolean coalesce) {}
