package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Every fault under every strategy in every media type: the slot says what happened, and its siblings never notice.
class FaultMatrixTest extends RunningMuster {

    private static final List<String> STRATEGIES = List.of("gather", "as-completed", "first-completed", "wait");

    private static final Call FAULTY = Call.to("faulty", "/").with("id", "faulty");
    private static final Call HASTY = FAULTY.with("timeout", "250ms");

    /// The faults, and what a slot says of each; where the contract leaves room, all that it may say.
    enum Fault {
        REFUSED(FAULTY.with("service", "refusing"), "failed connect-failed"),
        NO_SUCH_NAME(HASTY.with("service", "nameless"), "failed dns-failed", "timed-out timeout connect"),
        NO_TLS(FAULTY.with("service", "no-tls"), "failed tls-failed"),
        SILENT_TLS(HASTY.with("service", "silent-tls"), "timed-out timeout connect"),

        HTTP_STATUS(FAULTY.with("path", "/status/503"), "failed http-status"),
        REDIRECT_LOOP(at(Behaviour.REDIRECT_LOOP).with("redirects", 3), "failed protocol-error"),

        RESET_BEFORE_HEADERS(at(Behaviour.RESET_BEFORE_HEADERS), "failed connection-reset"),
        RESET_AFTER_HEADERS(at(Behaviour.RESET_AFTER_HEADERS), "failed connection-reset"),
        RESET_IN_BODY(at(Behaviour.RESET_IN_BODY), "failed connection-reset"),
        TRUNCATED_BODY(at(Behaviour.TRUNCATED_BODY), "failed connection-reset"),

        GARBAGE(at(Behaviour.GARBAGE), "failed protocol-error"),
        HUGE_HEADERS(at(Behaviour.HUGE_HEADERS), "failed protocol-error", "failed response-too-large"),
        ENDLESS_BODY(at(Behaviour.ENDLESS_BODY), "failed response-too-large"),
        GZIP_BOMB(at(Behaviour.GZIP_BOMB), "failed response-too-large"),

        BLACK_HOLE(hastyAt(Behaviour.BLACK_HOLE), "timed-out timeout response"),
        SLOW_HEADERS(hastyAt(Behaviour.SLOW_HEADERS), "timed-out timeout response"),
        SLOW_BODY(hastyAt(Behaviour.SLOW_BODY), "timed-out timeout body"),
        INTERIM_STORM(hastyAt(Behaviour.INTERIM_STORM), "timed-out timeout response", "failed protocol-error");

        @SuppressWarnings("ImmutableEnumChecker") // nobody else has the map in it
        private final Call call;

        @SuppressWarnings("ImmutableEnumChecker") // a copy
        private final List<String> says;

        Fault(Call call, String... says) {
            this.call = call;
            this.says = List.of(says);
        }

        private static Call at(Behaviour behaviour) {
            return FAULTY.with("path", behaviour.path());
        }

        private static Call hastyAt(Behaviour behaviour) {
            return HASTY.with("path", behaviour.path());
        }
    }

    static Stream<Arguments> matrix() {
        return Arrays.stream(Fault.values())
                .flatMap(fault -> STRATEGIES.stream()
                        .flatMap(strategy ->
                                Arrays.stream(Media.values()).map(media -> Arguments.of(fault, strategy, media))));
    }

    @BeforeEach
    void warmUp() {
        // The first TLS handshake of a JVM loads so many classes that hasty calls beside it would be late.
        muster.post(
                Batch.gather(Call.up("warm", "/ok"), Call.to("warm-tls", "/").with("service", "no-tls")));
        upstream.forget();
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void faultStaysInItsSlot(Fault fault, String strategy, Media media) {
        var racing = strategy.equals("first-completed");
        // A racing sibling comes in after the fault: else it would win before there is a fault to see.
        var siblings = racing
                ? List.of(Call.up("left", "/delay/400"), Call.up("right", "/delay/400"))
                : List.of(Call.up("left", "/ok?left"), Call.up("right", "/delay/120"));

        var reply = muster.post(Batch.of(strategy, siblings.getFirst(), fault.call, siblings.getLast()), media);

        assertEnded(reply, 3, racing ? "complete" : "partial", 200);
        assertThat(inWords(reply.slot("faulty"))).as("%s", reply).isIn(fault.says);
        if (racing) {
            assertThat(reply.summary().path("winner").asString()).isIn("left", "right");
        } else {
            assertThat(reply.slots()).contains("left succeeded", "right succeeded");
        }
        if (fault != Fault.NO_TLS && fault != Fault.SILENT_TLS) {
            var path = String.valueOf(fault.call.fields().get("path"));
            assertThat(reply.error("faulty").path("sent").booleanValue())
                    .as("sent, where the upstream saw %s", upstream.exchanges())
                    .isEqualTo(!upstream.exchanges(path).isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource
    void failureOfTheOnlyCallIsAnAnswer(Fault fault) {
        var reply = muster.post(Batch.gather(fault.call));

        assertEnded(reply, 1, "partial", 200);
        assertThat(inWords(reply.slot("faulty"))).isIn(fault.says);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gather", "as-completed", "first-completed", "wait"})
    void everyFaultAtOnceFillsEverySlot(String strategy) {
        var calls = Arrays.stream(Fault.values())
                .map(fault -> fault.call.with("id", fault.name()))
                .toList();

        var reply = muster.post(Batch.of(strategy, calls));

        var raced = strategy.equals("first-completed");
        assertThat(reply.status()).isIn(raced ? List.of(502, 504) : List.of(200));
        assertEnded(reply, calls.size(), raced ? "failed" : "partial", reply.status());
        assertThat(Fault.values())
                .allSatisfy(
                        fault -> assertThat(inWords(reply.slot(fault.name()))).isIn(fault.says));
    }

    @ParameterizedTest
    @EnumSource
    void nextCallGetsItsOwnResponseWhenTheOneBeforeBroughtTwo(Media media) {
        for (int i = 0; i < 20; i++) {
            var calls = Batch.of(
                    "gather",
                    Call.up("first", "/excess-body"),
                    Call.up("second", "/ok?second"),
                    Call.up("third", "/excess-body"),
                    Call.up("fourth", "/ok?fourth"));
            var reply = muster.post(calls.with("concurrency", 1), media);

            assertThat(reply.text()).doesNotContain("forged");
            assertThat(reply.slots()).contains("second succeeded", "fourth succeeded");
        }
    }

    @ParameterizedTest
    @EnumSource
    void redirectLoopEndsWhereTheCallSaysSo(Media media) {
        muster.post(Batch.gather(Fault.REDIRECT_LOOP.call), media);

        assertThat(upstream.exchanges()).hasSize(1 + 3);
    }

    /// A slot's outcome, and its error's type and phase, where it has them.
    private static String inWords(JsonNode slot) {
        var phase = slot.at("/error/phase").asString("");
        return (Reply.describe(slot) + " " + phase).strip();
    }
}
