package dev.muster.request;

import dev.muster.template.UnusableValueException;
import dev.muster.template.Values;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A batch as the client asked for it, already valid: every field fits its strategy, every id is unique.
///
/// @param timeout     budget of the whole batch, positive; absent where the gateway's stands
/// @param concurrency most calls in flight at once, at least 1; absent where the gateway's cap stands
/// @param minSuccess  quorum, at least 1 and at most the number of calls; absent where there is none
/// @param waiting     what only strategy `wait` has a use for
/// @param answer      what a document that answers it has of its calls
/// @param calls       at least one, in the order given; none where they come by lines
public record BatchRequest(
        StrategyName strategy,
        @Nullable Duration timeout,
        OnFailure onFailure,
        @Nullable Integer concurrency,
        @Nullable Integer minSuccess,
        Waiting waiting,
        AnswerShape answer,
        List<CallRequest> calls) {

    /// This batch of a view whose parameters have `values`.
    ///
    /// @param mostBodyBytes most bytes of a call's body
    /// @throws UnusableValueException if a value cannot stand where it has to
    public BatchRequest with(Values values, int mostBodyBytes) {
        return new BatchRequest(
                strategy,
                timeout,
                onFailure,
                concurrency,
                minSuccess,
                waiting,
                answer,
                calls.stream().map(call -> call.with(values, mostBodyBytes)).toList());
    }
}
