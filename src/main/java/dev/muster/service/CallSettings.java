package dev.muster.service;

import java.time.Duration;
import java.util.Set;

/// What a call to a service has that does not say otherwise.
///
/// @param timeout        budget of one call, from when it has its slot until the last byte of the body
/// @param required       whether a batch fails without it
/// @param redirects      most redirects to follow
/// @param compression    whether to ask for `gzip`; a compressed body is understood either way
/// @param forwardHeaders headers of the client's request that go with calls to the origin of a base URL, lower-cased
public record CallSettings(
        Duration timeout, boolean required, int redirects, boolean compression, Set<String> forwardHeaders) {}
