package dev.muster.request;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One call of a batch, already valid.
///
/// @param id        unique in the batch
/// @param timeout   budget of this call, positive; absent where the service's stands
/// @param required  absent where the service's default stands
/// @param success   statuses that count as success
/// @param redirects most redirects to follow; absent where the service's default stands
/// @param exposeHeaders response headers to return although the gateway hides them, lower-cased
public record CallRequest(
        String id,
        Target target,
        RequestMessage message,
        @Nullable Duration timeout,
        @Nullable Boolean required,
        SuccessStatuses success,
        @Nullable Integer redirects,
        Set<String> exposeHeaders) {}
