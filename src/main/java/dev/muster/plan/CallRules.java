package dev.muster.plan;

import dev.muster.request.Pick;
import dev.muster.request.SuccessStatuses;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a call's response has to be, and what is made of it.
///
/// @param required      whether the batch fails without its success
/// @param success       statuses that count as success
/// @param redirects     most redirects to follow
/// @param hiddenHeaders response headers that the caller does not get to see, lower-cased
/// @param pick          what of a JSON body is kept, or `null` for all of it
public record CallRules(
        boolean required,
        SuccessStatuses success,
        int redirects,
        Set<String> hiddenHeaders,
        @Nullable Pick pick) {}
