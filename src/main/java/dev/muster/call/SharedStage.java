package dev.muster.call;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import reactor.core.publisher.Mono;

/// Makes one request for identical calls of a batch, where their service wants that.
final class SharedStage implements CallStage {

    private final NanoClock clock;
    private final CallStage next;

    SharedStage(NanoClock clock, CallStage next) {
        this.clock = clock;
        this.next = next;
    }

    @Override
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        if (!SharedRequests.mayShare(call)) {
            return next.call(call, live);
        }
        BatchScope batch = live.batch();
        SharedRequests.InFlight request = batch.shared().join(call, () -> {
            long now = clock.nanos();
            Deadline whole =
                    Deadline.after(now, Layer.SERVICE, call.service().calls().timeout());
            var own = new LiveCall(batch.deadline().earliest(whole), 0, now, batch);
            return new SharedRequests.InFlight(own, Mono.defer(() -> next.call(call, own)));
        });
        live.share(request.live());
        return request.outcome().map(outcome -> ofShared(call, live, request, outcome));
    }

    /// The outcome of `call` when that of the request it shared is `outcome`.
    private CallOutcome ofShared(CallPlan call, LiveCall live, SharedRequests.InFlight request, CallOutcome outcome) {
        Trace trace = live.trace(clock.nanos());
        return switch (outcome) {
            case CallOutcome.Succeeded(var _, var _, UpstreamResponse response) ->
                judge(call, trace, request, response);
            case CallOutcome.Failed failed ->
                failed.response() == null
                        ? new CallOutcome.Failed(call, trace, failed.type(), failed.detail(), null)
                        : judge(call, trace, request, failed.response());
            case CallOutcome.TimedOut(var _, var _, Deadline passed, Phase phase) ->
                new CallOutcome.TimedOut(call, trace, passed, phase);
            case CallOutcome.Rejected(var _, var _, RejectionType type, String detail) ->
                new CallOutcome.Rejected(call, trace, type, detail);
            case CallOutcome.FellBack _, CallOutcome.Cancelled _ -> outcome;
        };
    }

    /// The first call has the response that `request` has paid for, every other pays for its own part of the answer.
    private static CallOutcome judge(
            CallPlan call, Trace trace, SharedRequests.InFlight request, UpstreamResponse response) {
        return request.used().compareAndSet(false, true)
                ? ResponseOutcome.of(call, trace, response)
                : ResponseOutcome.ofKept(call, trace, request.live().batch(), response);
    }
}
