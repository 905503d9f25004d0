package dev.muster.request;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One call of a batch, already valid.
///
/// @param id       unique in the batch
/// @param target   where it goes; with stand-ins, where that is not known before its needs are met
/// @param message  what is sent with it; without what is not known before its needs are met
/// @param timeout  budget of this call, positive; absent where the service's stands
/// @param response what it asks of its response
/// @param needs    what has to be there before it can be made; absent where that is nothing
public record CallRequest(
        String id,
        Target target,
        RequestMessage message,
        @Nullable Duration timeout,
        ResponseRules response,
        @Nullable Needs needs) {

    CallRequest needing(Needs needed) {
        return new CallRequest(id, target, message, timeout, response, needed);
    }

    /// This call with all that it needed.
    CallRequest met(Target finished, RequestMessage complete) {
        return new CallRequest(id, finished, complete, timeout, response, null);
    }
}
