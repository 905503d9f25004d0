package dev.muster.request;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a call asks of its response.
///
/// @param required  absent where the service's default stands
/// @param success   statuses that count as success
/// @param redirects most redirects to follow; absent where the service's default stands
/// @param exposeHeaders response headers to return although the gateway hides them, lower-cased
/// @param pick      what of a JSON body to keep; absent where all of it is wanted
public record ResponseRules(
        @Nullable Boolean required,
        SuccessStatuses success,
        @Nullable Integer redirects,
        Set<String> exposeHeaders,
        @Nullable Pick pick) {

    /// What most calls ask.
    public static final ResponseRules USUAL = new ResponseRules(null, SuccessStatuses.DEFAULT, null, Set.of(), null);
}
