package dev.muster.plan;

import dev.muster.request.SuccessStatuses;
import java.util.Set;

/// What a call's response has to be, and what is made of it.
///
/// @param required      whether the batch fails without its success
/// @param success       statuses that count as success
/// @param redirects     most redirects to follow
/// @param hiddenHeaders response headers that the caller does not get to see, lower-cased
public record CallRules(boolean required, SuccessStatuses success, int redirects, Set<String> hiddenHeaders) {}
