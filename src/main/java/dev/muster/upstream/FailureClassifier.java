package dev.muster.upstream;

import dev.muster.egress.EgressDeniedException;
import dev.muster.egress.TooManyLookupsException;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.plan.NanoClock;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.netty.channel.AbortedException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;
import reactor.netty.internal.shaded.reactor.pool.PoolShutdownException;

/// Names what ended an exchange that has no response.
///
/// Details are sentences of its own: what an exception says may hold an address or a class name.
public final class FailureClassifier {

    private static final Logger log = LoggerFactory.getLogger(FailureClassifier.class);

    private final OwnLimits limits;

    public FailureClassifier(NanoClock clock) {
        this.limits = new OwnLimits(clock);
    }

    /// The outcome of `call`, which stood in `phase` when `thrown` ended it.
    public CallOutcome classify(CallPlan call, Phase phase, Trace trace, Throwable thrown) {
        Throwable failure = Exceptions.unwrap(thrown);
        String lacking = OwnLimits.lacking(failure);
        if (lacking != null) {
            limits.tell(lacking, failure);
            // What was sent is no rejection, and no fault of the upstream's either.
            return isSent(phase)
                    ? failed(call, trace, FailureType.RESPONSE_TOO_LARGE, lacking)
                    : new CallOutcome.Rejected(call, trace, RejectionType.OVERLOADED, lacking);
        }
        if (failure instanceof FilterException filter) {
            limits.tell("a filter of service %s failed".formatted(call.service().name()), failure);
            return failed(
                    call,
                    trace,
                    isSent(phase) ? FailureType.PROTOCOL_ERROR : FailureType.CONNECT_FAILED,
                    String.valueOf(filter.getMessage()));
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            CallOutcome outcome = classifyExact(call, phase, trace, cause);
            if (outcome != null) {
                return outcome;
            }
        }
        if (!isSent(phase)) {
            return failed(call, trace, FailureType.CONNECT_FAILED, "the connection could not be opened");
        }
        if (failure instanceof IOException) {
            return reset(call, phase, trace);
        }
        log.debug(
                "call {} to service {} ended in phase {}",
                call.id(),
                call.service().name(),
                phase,
                failure);
        return failed(call, trace, FailureType.PROTOCOL_ERROR, "the answer is not valid HTTP");
    }

    private static boolean isSent(Phase phase) {
        return switch (phase) {
            case ACQUIRE, CONNECT -> false;
            case RESPONSE, BODY -> true;
        };
    }

    private static @Nullable CallOutcome classifyExact(CallPlan call, Phase phase, Trace trace, Throwable cause) {
        return switch (cause) {
            case EgressDeniedException denied ->
                new CallOutcome.Rejected(
                        call,
                        trace,
                        RejectionType.EGRESS_DENIED,
                        denied.refusal().rule());
            case PoolAcquirePendingLimitException _ ->
                new CallOutcome.Rejected(
                        call, trace, RejectionType.OVERLOADED, "too many calls wait for a connection to this host");
            case PoolShutdownException _ ->
                new CallOutcome.Rejected(
                        call, trace, RejectionType.OVERLOADED, "the connections to this host are being replaced");
            case PoolAcquireTimeoutException _ ->
                timedOut(call, trace, call.service().calls().timeout(), Phase.ACQUIRE);
            case ConnectTimeoutException _ ->
                timedOut(call, trace, call.service().connections().connectTimeout(), Phase.CONNECT);
            case SslHandshakeTimeoutException _ ->
                timedOut(call, trace, call.service().connections().connectTimeout(), Phase.CONNECT);
            case ResponseTooLargeException large ->
                failed(call, trace, FailureType.RESPONSE_TOO_LARGE, String.valueOf(large.getMessage()));
            case ProtocolException broken ->
                failed(call, trace, FailureType.PROTOCOL_ERROR, String.valueOf(broken.getMessage()));
            case TooLongHttpHeaderException _ ->
                failed(
                        call,
                        trace,
                        FailureType.PROTOCOL_ERROR,
                        "the head of the response has more than %d bytes".formatted(HttpClients.MAX_HEADER_BYTES));
            case TooLongHttpLineException _ ->
                failed(
                        call,
                        trace,
                        FailureType.PROTOCOL_ERROR,
                        "the status line of the response has more than %d bytes"
                                .formatted(HttpClients.MAX_STATUS_LINE_BYTES));
            case PrematureChannelClosureException _ -> reset(call, phase, trace);
            case NotProcessedException refused ->
                notProcessed(call, phase, trace, String.valueOf(refused.getMessage()));
            case StreamResetException _ ->
                failed(
                        call,
                        trace,
                        FailureType.CONNECTION_RESET,
                        "the upstream reset the HTTP/2 stream " + before(phase));
            case TooManyLookupsException _ ->
                new CallOutcome.Rejected(call, trace, RejectionType.OVERLOADED, "too many names are being looked up");
            case UnknownHostException _ ->
                failed(call, trace, FailureType.DNS_FAILED, "the name could not be resolved");
            case ConnectException _ ->
                failed(call, trace, FailureType.CONNECT_FAILED, "the connection could not be opened");
            case AbortedException _ -> reset(call, phase, trace);
            case SSLException _ -> failed(call, trace, FailureType.TLS_FAILED, "the TLS handshake failed");
            default -> null;
        };
    }

    private static CallOutcome failed(CallPlan call, Trace trace, FailureType type, String detail) {
        return new CallOutcome.Failed(call, trace, type, detail, null);
    }

    private static CallOutcome reset(CallPlan call, Phase phase, Trace trace) {
        return failed(call, trace, FailureType.CONNECTION_RESET, "the connection ended " + before(phase));
    }

    private static CallOutcome notProcessed(CallPlan call, Phase phase, Trace trace, String detail) {
        return switch (phase) {
            case ACQUIRE, CONNECT -> failed(call, trace, FailureType.CONNECT_FAILED, detail);
            case RESPONSE, BODY -> failed(call, trace, FailureType.CONNECTION_RESET, detail);
        };
    }

    private static CallOutcome timedOut(CallPlan call, Trace trace, Duration budget, Phase phase) {
        return new CallOutcome.TimedOut(call, trace, new Deadline(0, Layer.SERVICE, budget), phase);
    }

    private static String before(Phase phase) {
        return switch (phase) {
            case ACQUIRE, CONNECT -> "before it was used";
            case RESPONSE -> "before a response came";
            case BODY -> "before the response was complete";
        };
    }
}
