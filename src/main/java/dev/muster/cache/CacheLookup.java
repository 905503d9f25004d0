package dev.muster.cache;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the cache has for a request.
public sealed interface CacheLookup {

    /// `response` answers the request. The upstream is not asked.
    record Fresh(CacheResponse response) implements CacheLookup {}

    /// A response is stored, but the upstream has to be asked whether it still holds: send the request with
    /// `conditionalHeaders` added. What to do with the answer:
    ///
    /// - 304: [ResponseCache#freshen] says what to answer;
    /// - 500, 502, 503, 504, or none: answer `onError`, or what came if that is `null`;
    /// - any other: answer it, after [ResponseCache#store].
    ///
    /// @param stored             what is stored, for [ResponseCache#freshen]
    /// @param conditionalHeaders by lower-cased name; empty if it cannot be validated, and only `onError` is of use
    /// @param onError            what may be served if the upstream fails (RFC 5861), or `null`
    record Stale(
            CacheResponse stored,
            Map<String, List<String>> conditionalHeaders,
            @Nullable CacheResponse onError) implements CacheLookup {}

    /// Nothing of use is stored: send the request as it is, and give the answer to [ResponseCache#store].
    record Miss() implements CacheLookup {}

    /// Nothing of use is stored, and the caller wants `only-if-cached`: answer `response`, a 504, and send nothing.
    record Unsatisfiable(CacheResponse response) implements CacheLookup {}
}
