package dev.muster.fanout;

import dev.muster.admission.AdmissionLimits;
import dev.muster.admission.CallersProperties;
import dev.muster.admission.RetainedLimits;
import dev.muster.admission.Upload;
import dev.muster.call.CallPlans;
import dev.muster.plan.BatchLimits;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.plan.Strategy;
import dev.muster.request.AnswerShape;
import dev.muster.request.OnFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.util.unit.DataSize;

/// Builds the plan of a batch, with defaults for whatever a test is not about.
public final class Batch {

    public static final Strategy GATHER = new Strategy.Gather(OnFailure.COLLECT, null);
    /// No caller has limits of its own.
    public static final CallersProperties EQUAL_CALLERS = new CallersProperties(Map.of());

    static final Strategy AS_COMPLETED = new Strategy.AsCompleted(OnFailure.COLLECT, null);

    private final Strategy strategy;
    private final List<CallPlan> calls = new ArrayList<>();
    private Duration timeout = Duration.ofSeconds(1);
    private int concurrency = 256;
    private long maxBytes = 1 << 24;
    private String principal = BatchPlan.ANONYMOUS;
    private int documentBytes = 1;

    private Batch(Strategy strategy) {
        this.strategy = strategy;
    }

    public static Batch of(Strategy strategy) {
        return new Batch(strategy);
    }

    public Batch call(CallPlans call) {
        calls.add(call.index(calls.size()).build());
        return this;
    }

    public Batch calls(int number, String url) {
        for (int i = 0; i < number; i++) {
            call(CallPlans.to(url));
        }
        return this;
    }

    public Batch timeout(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    public Batch concurrency(int concurrency) {
        this.concurrency = concurrency;
        return this;
    }

    Batch maxBytes(long maxBytes) {
        this.maxBytes = maxBytes;
        return this;
    }

    public Batch principal(String principal) {
        this.principal = principal;
        return this;
    }

    public Batch documentBytes(int documentBytes) {
        this.documentBytes = documentBytes;
        return this;
    }

    /// Has `fanout` take it on as if its answer were sent at once: what it holds, it holds until it has ended.
    public BatchRun admit(Fanout fanout, long acceptedNanos) {
        return admit(fanout, acceptedAt(acceptedNanos), documentBytes);
    }

    public static BatchRun admit(Fanout fanout, BatchPlan plan) {
        return admit(fanout, plan, 1);
    }

    private static BatchRun admit(Fanout fanout, BatchPlan plan, int documentBytes) {
        Upload upload = fanout.upload(plan.principal());
        try {
            upload.take(documentBytes);
            return fanout.admit(plan, upload);
        } finally {
            upload.dispose();
        }
    }

    public BatchPlan acceptedAt(long nanos) {
        return new BatchPlan(
                new UUID(0, 1),
                strategy,
                nanos,
                Deadline.after(nanos, Layer.GATEWAY, timeout),
                new BatchLimits(concurrency, concurrency, maxBytes),
                AnswerShape.RESULTS,
                calls,
                principal);
    }

    /// A gateway with this much room.
    public static AdmissionLimits limits(int maxInFlight, int maxWaiting) {
        return limits(maxInFlight, maxWaiting, null);
    }

    public static AdmissionLimits limits(int maxInFlight, int maxWaiting, @Nullable DataSize maxBuffered) {
        long bytes = maxBuffered == null ? DataSize.ofGigabytes(1).toBytes() : maxBuffered.toBytes();
        return new AdmissionLimits(
                Duration.ofSeconds(1),
                1_000,
                maxInFlight,
                maxWaiting,
                Duration.ofMillis(250),
                bytes,
                Math.max(bytes / 2, Math.min(bytes, DataSize.ofMegabytes(2).toBytes())),
                RetainedLimits.NONE);
    }
}
