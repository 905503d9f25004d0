package dev.muster.service;

import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// A cache of a service's responses to `GET`, by the rules of RFC 9111.
///
/// @param maxSize most bytes of responses kept for the service: an equal part of an eighth of the heap beyond 32 MB,
///                which all caches share that do not say it, and 10 MB at most
public record CacheSettings(@Nullable DataSize maxSize) {}
