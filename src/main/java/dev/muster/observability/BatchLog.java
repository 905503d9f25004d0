package dev.muster.observability;

import dev.muster.admission.BatchRefusedException;
import dev.muster.admission.Refusal;
import dev.muster.call.LiveCall;
import dev.muster.fanout.BatchListener;
import dev.muster.fanout.RunListener;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Trace;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import dev.muster.strategy.BatchSummary;
import java.net.URI;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/// Writes one line for each batch, and at debug level one for each call that did not succeed; of those that are
/// refused, one a second for each reason. No line has a body, a header, or of a URL more than scheme, host, port and
/// path.
final class BatchLog implements BatchListener {

    private static final Logger LOG = LoggerFactory.getLogger("dev.muster.batch");
    private static final double NANOS_PER_MILLI = 1e6;

    private final Map<Refusal, RefusalLog> refusals = new EnumMap<>(Refusal.class);

    /// @param timer tells when a second is over
    BatchLog(Scheduler timer) {
        for (Refusal reason : Refusal.values()) {
            refusals.put(reason, new RefusalLog(LOG, timer));
        }
    }

    @Override
    public void refused(BatchRefusedException refusal, String principal) {
        if (LOG.isInfoEnabled()) {
            Objects.requireNonNull(refusals.get(refusal.reason())).refused(refusal, principal);
        }
    }

    @Override
    public RunListener began(BatchPlan plan, ContextView context) {
        return LOG.isInfoEnabled() ? new Run(plan) : RunListener.NONE;
    }

    private static final class Run implements RunListener {

        private final BatchPlan plan;
        private final boolean debug = LOG.isDebugEnabled();

        Run(BatchPlan plan) {
            this.plan = plan;
        }

        @Override
        public void callStarted(CallPlan call, LiveCall live) {}

        @Override
        public void callEnded(CallOutcome outcome) {
            if (debug && !(outcome instanceof CallOutcome.Succeeded)) {
                logCall(plan, outcome);
            }
        }

        @Override
        public void ended(BatchSummary summary) {
            logBatch(summary);
        }
    }

    private static void logBatch(BatchSummary summary) {
        BatchSummary.Counts counts = summary.counts();
        String id = summary.plan().id().toString();
        String strategy = summary.plan().strategy().name().wireName();
        String outcome = summary.verdict().outcome().wireName();
        double elapsedMs = millis(summary.elapsedNanos());
        LoggingEventBuilder line = LOG.atInfo()
                .addKeyValue("batchId", id)
                .addKeyValue("batchStrategy", strategy)
                .addKeyValue("batchOutcome", outcome)
                .addKeyValue("elapsedMs", elapsedMs)
                .addKeyValue("calls", counts.all())
                .addKeyValue("succeeded", counts.succeeded())
                .addKeyValue("failed", counts.failed())
                .addKeyValue("timedOut", counts.timedOut())
                .addKeyValue("rejected", counts.rejected())
                .addKeyValue("cancelled", counts.cancelled());
        if (!summary.plan().principal().equals(BatchPlan.ANONYMOUS)) {
            line = line.addKeyValue("principal", summary.plan().principal());
        }
        line.log(() -> String.format(
                Locale.ROOT,
                "batch %s: %s %s in %.1f ms, %d succeeded, %d failed, %d timed out, %d rejected, %d cancelled",
                id,
                strategy,
                outcome,
                elapsedMs,
                counts.succeeded(),
                counts.failed(),
                counts.timedOut(),
                counts.rejected(),
                counts.cancelled()));
    }

    private static void logCall(BatchPlan plan, CallOutcome outcome) {
        CallPlan call = outcome.call();
        Trace trace = outcome.trace();
        double elapsedMs = millis(trace.elapsedNanos());
        LoggingEventBuilder line = LOG.atDebug()
                .addKeyValue("batchId", plan.id().toString())
                .addKeyValue("callId", call.id())
                .addKeyValue("calledService", call.service().name())
                .addKeyValue("calledMethod", call.message().method())
                .addKeyValue("calledUrl", withoutSecrets(call.destination().uri()))
                .addKeyValue("callOutcome", Outcomes.name(outcome))
                .addKeyValue("errorType", Outcomes.error(outcome))
                .addKeyValue("attempts", trace.attempts())
                .addKeyValue("elapsedMs", elapsedMs);
        line.log(() -> String.format(
                Locale.ROOT,
                "batch %s: call %s to %s, %s %s, %s (%s) after %.1f ms",
                plan.id(),
                call.id(),
                call.service().name(),
                call.message().method(),
                withoutSecrets(call.destination().uri()),
                Outcomes.name(outcome),
                Outcomes.error(outcome),
                elapsedMs));
    }

    private static double millis(long nanos) {
        return Math.round(nanos / NANOS_PER_MILLI * 10) / 10.0;
    }

    private static String withoutSecrets(URI uri) {
        String authority = emptyIfNull(uri.getRawAuthority());
        return uri.getScheme() + "://" + authority.substring(authority.lastIndexOf('@') + 1)
                + emptyIfNull(uri.getRawPath());
    }

    private static String emptyIfNull(@Nullable String text) {
        return text == null ? "" : text;
    }
}
