package dev.muster.request;

import dev.muster.template.Reference;
import dev.muster.template.Values;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
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

    /// This call of a view whose parameters have `values`.
    CallRequest with(Values values, int mostBodyBytes) {
        if (needs == null) {
            return this;
        }
        if (needs.isWithoutCalls()) {
            return needs.met(this, values, mostBodyBytes);
        }
        needs.template().check(this, values, mostBodyBytes);
        return needing(needs.with(values));
    }

    /// The parameters of the view that it takes as text.
    public Set<String> parametersAsText() {
        return needs == null
                ? Set.of()
                : needs.template()
                        .texts()
                        .filter(Reference.Parameter.class::isInstance)
                        .map(Reference::text)
                        .collect(Collectors.toSet());
    }

    CallRequest needing(Needs needed) {
        return new CallRequest(id, target, message, timeout, response, needed);
    }

    /// This call with all that it needed.
    CallRequest met(Target finished, RequestMessage complete) {
        return new CallRequest(id, finished, complete, timeout, response, null);
    }
}
