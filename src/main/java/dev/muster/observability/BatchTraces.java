package dev.muster.observability;

import dev.muster.admission.BatchRefusedException;
import dev.muster.call.LiveCall;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.RunListener;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary;
import dev.muster.url.HttpUrl;
import io.micrometer.observation.Observation;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.TracingObservationHandler.TracingContext;
import io.micrometer.tracing.propagation.Propagator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/// A span for each batch, below that of its HTTP request; a span for each call that was started, below that of its
/// batch; attempts are events of it. Each call tells its upstream of its own span.
///
/// What listens behind it does so within those spans: exemplars and log lines name them.
final class BatchTraces implements BatchListener {

    private static final String BATCH = "muster batch";

    private final Tracer tracer;
    private final Propagator propagator;
    private final BatchListener next;

    BatchTraces(Tracer tracer, Propagator propagator, BatchListener next) {
        this.tracer = tracer;
        this.propagator = propagator;
        this.next = next;
    }

    @Override
    public void refused(BatchRefusedException refusal, String principal) {
        next.refused(refusal, principal);
    }

    @Override
    public RunListener began(BatchPlan plan, ContextView context) {
        Span.Builder span = tracer.spanBuilder()
                .name(BATCH)
                .tag("muster.batch.id", plan.id().toString())
                .tag("muster.batch.strategy", plan.strategy().name().wireName());
        Span request = request(context);
        if (request != null) {
            span.setParent(request.context());
        }
        return new Run(span.start(), next.began(plan, context));
    }

    private static @Nullable Span request(ContextView context) {
        Observation observation = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
        TracingContext tracing =
                observation == null ? null : observation.getContextView().get(TracingContext.class);
        return tracing == null ? null : tracing.getSpan();
    }

    private final class Run implements RunListener {

        private final Span batch;
        /// Those of the calls that are on their way, by index.
        private final Map<Integer, Span> calls = new ConcurrentHashMap<>();
        private final RunListener next;

        Run(Span batch, RunListener next) {
            this.batch = batch;
            this.next = next;
        }

        @Override
        public void callStarted(CallPlan call, LiveCall live) {
            Span span = tracer.spanBuilder()
                    .setParent(batch.context())
                    .kind(Span.Kind.CLIENT)
                    .name(call.message().method())
                    .tag("muster.call.id", call.id())
                    .tag("muster.service", call.service().name())
                    .tag("http.request.method", call.message().method())
                    .tag(
                            "server.address",
                            String.valueOf(HttpUrl.host(call.destination().uri())))
                    .start();
            calls.put(call.index(), span);
            Map<String, String> headers = new HashMap<>();
            propagator.inject(span.context(), headers, (carrier, name, value) -> {
                if (carrier != null) {
                    carrier.put(name, value);
                }
            });
            live.accompany(
                    headers,
                    baseUrl ->
                            span.event(baseUrl.map(url -> "attempt at " + url).orElse("attempt")));
            next.callStarted(call, live);
        }

        @Override
        public void callEnded(CallOutcome outcome) {
            Span span = calls.remove(outcome.index());
            try (var _ = tracer.withSpan(span == null ? batch : span)) {
                next.callEnded(outcome);
            }
            if (span != null) {
                finish(span, outcome);
            }
        }

        private static void finish(Span span, CallOutcome outcome) {
            span.tag("muster.call.outcome", Outcomes.name(outcome));
            switch (outcome) {
                case CallOutcome.Succeeded succeeded ->
                    span.tag("http.response.status_code", succeeded.response().status());
                case CallOutcome.Failed failed -> {
                    if (failed.response() != null) {
                        span.tag("http.response.status_code", failed.response().status());
                    }
                    error(span, outcome);
                }
                case CallOutcome.TimedOut timedOut -> {
                    span.tag("muster.timeout.layer", timedOut.passed().layer().wireName());
                    span.tag("muster.timeout.phase", timedOut.phase().wireName());
                    error(span, outcome);
                }
                case CallOutcome.FellBack _, CallOutcome.Rejected _ -> error(span, outcome);
                case CallOutcome.Cancelled cancelled ->
                    span.tag("muster.cancelled", cancelled.reason().wireName());
            }
            span.end();
        }

        private static void error(Span span, CallOutcome outcome) {
            span.tag("error.type", Outcomes.error(outcome)).error(new Unsuccessful(Outcomes.error(outcome)));
        }

        @Override
        public void ended(BatchSummary summary) {
            try (var _ = tracer.withSpan(batch)) {
                next.ended(summary);
            }
            batch.tag("muster.batch.calls", summary.counts().all());
            batch.tag("muster.batch.outcome", summary.verdict().outcome().wireName());
            if (summary.verdict().outcome() == BatchOutcome.FAILED) {
                batch.error(new Unsuccessful(String.valueOf(summary.verdict().failure())));
            }
            batch.end();
        }
    }

    /// A failure that is data, for an API that knows only exceptions.
    private static final class Unsuccessful extends RuntimeException {

        Unsuccessful(String what) {
            super(what, null, false, false);
        }
    }
}
