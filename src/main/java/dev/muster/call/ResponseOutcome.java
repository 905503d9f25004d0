package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.upstream.ResponseBytes;

/// What a response makes of a call: a success or a failure, by the statuses that its caller takes for a success.
final class ResponseOutcome {

    private ResponseOutcome() {}

    static CallOutcome of(CallPlan call, Trace trace, UpstreamResponse response) {
        return call.rules().success().contains(response.status())
                ? new CallOutcome.Succeeded(call, trace, response)
                : new CallOutcome.Failed(
                        call,
                        trace,
                        FailureType.HTTP_STATUS,
                        "the status is %d".formatted(response.status()),
                        response);
    }

    /// The same for a response that did not come for the call alone. It takes as much of the answer, and so of the
    /// batch's bytes, as one that did.
    static CallOutcome ofKept(CallPlan call, Trace trace, BatchScope batch, UpstreamResponse response) {
        String lacking = batch.bytes().tryTake(ResponseBytes.of(response));
        return lacking == null
                ? of(call, trace, response)
                : new CallOutcome.Failed(call, trace, FailureType.RESPONSE_TOO_LARGE, lacking, null);
    }
}
