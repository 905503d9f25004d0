package dev.muster.call;

import dev.muster.egress.EgressDeniedException;
import dev.muster.egress.EgressPolicy;
import dev.muster.egress.EgressRefusal;
import dev.muster.plan.CallPlan;
import dev.muster.plan.NanoClock;
import dev.muster.service.ServiceCatalogue;
import reactor.core.publisher.Mono;

/// Makes one call, end to end. The whole order of what happens to it stands in [#call].
public final class CallPipeline {

    private final EgressPolicy egress;
    private final UpstreamClient client;
    private final Redirects redirects;
    private final NanoClock clock;

    public CallPipeline(EgressPolicy egress, UpstreamClient client, ServiceCatalogue services, NanoClock clock) {
        this.egress = egress;
        this.client = client;
        this.redirects = new Redirects(services);
        this.clock = clock;
    }

    /// Makes `call`. The result is never an error and never empty; cancelling it aborts the exchange.
    ///
    /// @param live the state of this call, used for it alone
    public Mono<CallOutcome> call(CallPlan call, LiveCall live) {
        return Mono.defer(() -> exchange(UpstreamRequest.first(call), call, live))
                .transform(live::untilExpiry)
                .map(response -> judge(call, live, response))
                .onErrorResume(failure ->
                        Mono.just(FailureClassifier.classify(call, live.phase(), live.trace(clock.nanos()), failure)));
    }

    private Mono<UpstreamResponse> exchange(UpstreamRequest first, CallPlan call, LiveCall live) {
        live.attempting();
        return call.redirects() == 0 ? send(first, live) : follow(first, live, call.redirects(), call.redirects());
    }

    private Mono<UpstreamResponse> follow(UpstreamRequest request, LiveCall live, int left, int most) {
        return send(request, live).flatMap(response -> {
            UpstreamRequest next = redirects.next(request, response);
            if (next == null) {
                return Mono.just(response);
            }
            if (left == 0) {
                return Mono.error(new ProtocolException("redirected more than %d times".formatted(most)));
            }
            live.redirectedTo(next.uri().toString());
            return follow(next, live, left - 1, most);
        });
    }

    /// The one way out: whatever is sent has been judged, redirects included.
    private Mono<UpstreamResponse> send(UpstreamRequest request, LiveCall live) {
        EgressRefusal refusal = egress.judge(request.uri());
        if (refusal != null) {
            return Mono.error(new EgressDeniedException(refusal));
        }
        live.acquiring();
        return client.exchange(request, live);
    }

    private CallOutcome judge(CallPlan call, LiveCall live, UpstreamResponse response) {
        Trace trace = live.trace(clock.nanos());
        return call.success().contains(response.status())
                ? new CallOutcome.Succeeded(call, trace, response)
                : new CallOutcome.Failed(
                        call,
                        trace,
                        FailureType.HTTP_STATUS,
                        "the status is %d".formatted(response.status()),
                        response);
    }
}
