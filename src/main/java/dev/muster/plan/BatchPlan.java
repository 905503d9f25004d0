package dev.muster.plan;

import dev.muster.request.AnswerShape;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;

/// A batch, ready to be run.
///
/// @param acceptedNanos when it was accepted, on the monotonic clock
/// @param deadline      when it is answered at the latest
/// @param answer        what a document that answers it has of its calls
/// @param calls         those of a document, at least one; none where they come one after the other, without end
/// @param principal     who made it, or [#ANONYMOUS]
public record BatchPlan(
        UUID id,
        Strategy strategy,
        long acceptedNanos,
        Deadline deadline,
        BatchLimits limits,
        AnswerShape answer,
        List<CallPlan> calls,
        String principal) {

    /// The one caller that there is where callers are not told apart. No other is called so.
    public static final String ANONYMOUS = "anonymous";

    /// Whether its calls come while it runs, any number of them.
    public boolean isEndless() {
        return calls.isEmpty();
    }

    /// Whether the calls that still run when it returns run on.
    public boolean detaches() {
        return strategy instanceof Strategy.Wait(var _, boolean detaches) && detaches;
    }

    /// Whether a call of it waits for others.
    public boolean hasDependents() {
        for (CallPlan call : calls) {
            if (call.dependent() != null) {
                return true;
            }
        }
        return false;
    }

    /// The indexes of the calls that others wait for.
    public BitSet dependencies() {
        var indexes = new BitSet();
        for (CallPlan call : calls) {
            if (call.dependent() != null) {
                call.dependent().on().keySet().forEach(indexes::set);
            }
        }
        return indexes;
    }
}
