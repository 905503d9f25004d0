package dev.muster.answer;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.BatchLimits;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.Budget;
import dev.muster.plan.CallPlan;
import dev.muster.plan.CallRules;
import dev.muster.plan.Deadline;
import dev.muster.plan.Destination;
import dev.muster.plan.Layer;
import dev.muster.plan.Strategy;
import dev.muster.request.AnswerShape;
import dev.muster.request.OnFailure;
import dev.muster.request.RequestMessage;
import dev.muster.request.SuccessStatuses;
import dev.muster.service.Service;
import dev.muster.service.ServiceCatalogue;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary;
import dev.muster.strategy.Verdict;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/// What there is to write, for the tests of this package.
final class Outcomes {

    static final Trace SENT = new Trace(12_149_999, 1, true, List.of(), PhaseTimes.NONE);
    static final Trace NOT_SENT = new Trace(0, 0, false, List.of(), PhaseTimes.NONE);
    static final BatchWriter WRITER = new BatchWriter(60, 1_000);
    private static final Service SERVICE = new ServiceCatalogue(Map.of()).named("default");
    static final CallPlan CALL = call("price", 1, "http://pricing:8080/items/7");

    private Outcomes() {}

    static CallPlan call(String id, int index, String url) {
        return new CallPlan(
                id,
                index,
                SERVICE,
                new Destination(url, URI.create("http://a/"), null),
                new RequestMessage("GET", Map.of(), null),
                new Budget(Duration.ofMillis(300), Layer.SERVICE),
                new CallRules(false, SuccessStatuses.DEFAULT, 0, Set.of(), null),
                null);
    }

    static CallOutcome succeeded(UpstreamResponse response) {
        return new CallOutcome.Succeeded(CALL, SENT, response);
    }

    /// A success that answered `body` as JSON.
    static CallOutcome succeededWith(String body) {
        return succeeded(response(200, Map.of("content-type", List.of("application/json")), body));
    }

    static UpstreamResponse response(int status, Map<String, List<String>> headers, String body) {
        return new UpstreamResponse(status, headers, body.getBytes(StandardCharsets.UTF_8));
    }

    static BatchSummary summary(Verdict verdict) {
        var plan = new BatchPlan(
                UUID.fromString("0198c0f2-0000-7000-8000-000000000001"),
                new Strategy.Gather(OnFailure.COLLECT, null),
                0,
                Deadline.after(0, Layer.GATEWAY, Duration.ofSeconds(1)),
                new BatchLimits(256, 256, 1_024),
                AnswerShape.RESULTS,
                List.of(CALL),
                BatchPlan.ANONYMOUS);
        return new BatchSummary(plan, verdict, new BatchSummary.Counts(1, 2, 3, 4, 5), 52_449_999, null);
    }

    static Verdict partial() {
        return new Verdict(BatchOutcome.PARTIAL, null, false, null, null, null);
    }

    static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
