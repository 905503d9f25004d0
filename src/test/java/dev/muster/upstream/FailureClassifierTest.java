package dev.muster.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.muster.call.CallPlans;
import dev.muster.egress.EgressDeniedException;
import dev.muster.egress.EgressRefusal;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Layer;
import io.netty.channel.ChannelException;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.Errors;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.EncoderException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Exceptions;
import reactor.netty.channel.AbortedException;
import reactor.netty.http.client.PrematureCloseException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException;
import reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException;

class FailureClassifierTest {

    private static final FailureClassifier CLASSIFIER = new FailureClassifier(() -> 0);
    private static final CallPlan CALL = CallPlans.at(0).build();
    private static final Trace TRACE = new Trace(7, 1, true, List.of(), PhaseTimes.NONE);

    static {
        // Loads the native code that Errors has its numbers from; by itself it only fails, for good.
        assertThat(Epoll.isAvailable()).isTrue();
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                arguments(Phase.CONNECT, new UnknownHostException("x"), FailureType.DNS_FAILED),
                arguments(Phase.CONNECT, new ConnectException("refused"), FailureType.CONNECT_FAILED),
                arguments(Phase.CONNECT, new NoRouteToHostException("x"), FailureType.CONNECT_FAILED),
                arguments(Phase.CONNECT, new IOException("too many open files"), FailureType.CONNECT_FAILED),
                arguments(Phase.CONNECT, new SSLHandshakeException("untrusted"), FailureType.TLS_FAILED),
                arguments(
                        Phase.CONNECT,
                        new DecoderException(new NotSslRecordException("plain")),
                        FailureType.TLS_FAILED),
                arguments(Phase.RESPONSE, new ClosedChannelException(), FailureType.CONNECTION_RESET),
                arguments(
                        Phase.RESPONSE,
                        new Errors.NativeIoException("recvAddress", Errors.ERRNO_ECONNRESET_NEGATIVE, false),
                        FailureType.CONNECTION_RESET),
                arguments(Phase.RESPONSE, PrematureCloseException.TEST_EXCEPTION, FailureType.CONNECTION_RESET),
                arguments(Phase.RESPONSE, AbortedException.beforeSend(), FailureType.CONNECTION_RESET),
                arguments(Phase.BODY, new IOException("reset"), FailureType.CONNECTION_RESET),
                arguments(Phase.BODY, new ResponseTooLargeException("large"), FailureType.RESPONSE_TOO_LARGE),
                arguments(Phase.BODY, new ProtocolException("broken"), FailureType.PROTOCOL_ERROR),
                arguments(Phase.RESPONSE, new TooLongHttpHeaderException("long"), FailureType.PROTOCOL_ERROR),
                arguments(Phase.RESPONSE, new IllegalArgumentException("garbage"), FailureType.PROTOCOL_ERROR));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void anErrorIsNamedByWhatItIsAndWhenItCame(Phase phase, Exception thrown, FailureType type) {
        for (Throwable wrapped : List.of(thrown, Exceptions.propagate(thrown))) {
            assertThat(CLASSIFIER.classify(CALL, phase, TRACE, wrapped))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(type);
                        assertThat(failed.trace()).isEqualTo(TRACE);
                        assertThat(failed.response()).isNull();
                    });
        }
    }

    @Test
    void thePoolsOwnTimeoutIsTheServicesWhileAcquiring() {
        assertTimedOut(
                new PoolAcquireTimeoutException(Duration.ofSeconds(1)),
                Phase.ACQUIRE,
                CALL.service().calls().timeout());
    }

    @Test
    void aConnectTimeoutIsTheServicesWhileConnecting() {
        assertTimedOut(
                new ConnectTimeoutException("x"),
                Phase.CONNECT,
                CALL.service().connections().connectTimeout());
        assertTimedOut(
                new SslHandshakeTimeoutException("x"),
                Phase.CONNECT,
                CALL.service().connections().connectTimeout());
    }

    private static void assertTimedOut(Exception thrown, Phase phase, Duration budget) {
        assertThat(CLASSIFIER.classify(CALL, phase, TRACE, thrown))
                .isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                    assertThat(timedOut.phase()).isEqualTo(phase);
                    assertThat(timedOut.passed().layer()).isEqualTo(Layer.SERVICE);
                    assertThat(timedOut.passed().budget()).isEqualTo(budget);
                });
    }

    @Test
    void aRefusalByTheEgressPolicyIsARejectionAlsoWhenWrapped() {
        var denied = new EgressDeniedException(new EgressRefusal("no"));
        for (Exception thrown : List.of(denied, new IOException(denied), new DecoderException(denied))) {
            assertThat(CLASSIFIER.classify(CALL, Phase.CONNECT, TRACE, thrown))
                    .isEqualTo(new CallOutcome.Rejected(CALL, TRACE, RejectionType.EGRESS_DENIED, "no"));
        }
    }

    static Stream<Arguments> limitsOfOurOwn() {
        return Stream.of(
                arguments(new Errors.NativeIoException("socket", -24, false), OwnLimits.DESCRIPTORS),
                arguments(new Errors.NativeIoException("socket", -23, false), OwnLimits.DESCRIPTORS),
                arguments(
                        new ChannelException("Failed to open a socket.", new SocketException("Too many open files")),
                        OwnLimits.DESCRIPTORS),
                arguments(new Errors.NativeIoException("connect", -99, false), OwnLimits.ADDRESSES),
                arguments(new BindException("Cannot assign requested address"), OwnLimits.ADDRESSES),
                arguments(new SocketException("No buffer space available"), OwnLimits.MEMORY),
                arguments(new Errors.NativeIoException("socket", -105, false), OwnLimits.MEMORY),
                arguments(new EncoderException(new OutOfMemoryError("direct")), OwnLimits.MEMORY),
                arguments(new OwnLimitException(new StackOverflowError()), OwnLimits.OTHER),
                arguments(new NoClassDefFoundError("x"), OwnLimits.OTHER));
    }

    @ParameterizedTest
    @MethodSource("limitsOfOurOwn")
    void aLimitOfOurOwnIsOverload(Throwable thrown, String detail) {
        for (Phase phase : Phase.values()) {
            CallOutcome outcome = CLASSIFIER.classify(CALL, phase, TRACE, thrown);

            boolean sent = phase == Phase.RESPONSE || phase == Phase.BODY;
            assertThat(outcome)
                    .isEqualTo(
                            sent
                                    ? new CallOutcome.Failed(CALL, TRACE, FailureType.RESPONSE_TOO_LARGE, detail, null)
                                    : new CallOutcome.Rejected(CALL, TRACE, RejectionType.OVERLOADED, detail));
        }
    }

    @Test
    void aFullQueueForConnectionsIsOverload() {
        assertThat(CLASSIFIER.classify(CALL, Phase.ACQUIRE, TRACE, new PoolAcquirePendingLimitException(1)))
                .isInstanceOfSatisfying(
                        CallOutcome.Rejected.class,
                        rejected -> assertThat(rejected.type()).isEqualTo(RejectionType.OVERLOADED));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void noDetailRepeatsWhatAnExceptionOfALibrarySays(Phase phase, Exception thrown, FailureType type) {
        var internal = new ConnectException("/10.0.0.1:80 " + thrown);
        assertThat(CLASSIFIER.classify(CALL, phase, TRACE, internal))
                .isInstanceOfSatisfying(
                        CallOutcome.Failed.class,
                        failed -> assertThat(failed.detail()).doesNotContain("10.0.0.1", type.name()));
    }
}
