package dev.muster.admission;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.muster.call.Upstreams;
import dev.muster.fanout.Batch;
import dev.muster.fanout.BatchRun;
import dev.muster.fanout.Fanout;
import dev.muster.request.BatchTooLargeException;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.util.unit.DataSize;
import reactor.test.scheduler.VirtualTimeScheduler;

/// What documents take of the memory of all batches before these are taken on.
class UploadTest {

    private static final int KB = 1 << 10;

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final Upstreams upstreams = Upstreams.with().open();

    @AfterEach
    void close() {
        upstreams.close();
        timer.dispose();
    }

    private Fanout fanout(long kilobytes, Map<String, CallerProperties> callers) {
        return new Fanout(
                upstreams.pipeline(),
                Batch.limits(8, 8, DataSize.ofKilobytes(kilobytes)),
                new CallersProperties(callers),
                timer);
    }

    enum WayOut {
        DISPOSED {
            @Override
            void leave(Fanout fanout, Upload upload) {
                upload.dispose();
            }
        },
        DISPOSED_TWICE {
            @Override
            void leave(Fanout fanout, Upload upload) {
                upload.dispose();
                upload.dispose();
            }
        },
        DISPOSED_BEFORE_THE_LAST_PIECE {
            @Override
            void leave(Fanout fanout, Upload upload) {
                upload.dispose();
                assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> upload.arrives(KB));
                assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> upload.take(KB));
            }
        },
        REFUSED_FOR_WANT_OF_ROOM {
            @Override
            void leave(Fanout fanout, Upload upload) {
                Upload other = fanout.upload("anonymous");
                other.take(1_000 * KB);
                assertThatExceptionOfType(OverloadedException.class)
                        .isThrownBy(() -> fanout.admit(
                                Batch.of(Batch.GATHER).calls(900, "http://a/").acceptedAt(0), upload));
                other.dispose();
                upload.dispose();
            }
        },
        RUN_AND_ANSWERED {
            @Override
            void leave(Fanout fanout, Upload upload) {
                BatchRun run = fanout.admit(
                        Batch.of(Batch.GATHER).calls(1, "http://192.0.2.1/").acceptedAt(0), upload);
                assertThat(run.document().block(BOUND)).hasSize(1);
                upload.dispose();
            }
        },
        ANSWER_LEAVES_FIRST {
            @Override
            void leave(Fanout fanout, Upload upload) {
                BatchRun run = fanout.admit(
                        Batch.of(Batch.GATHER).calls(1, "http://192.0.2.1/").acceptedAt(0), upload);
                upload.dispose();
                assertThat(run.document().block(BOUND)).hasSize(1);
            }
        };

        abstract void leave(Fanout fanout, Upload upload);
    }

    @ParameterizedTest
    @EnumSource
    void nothingIsTakenAfterAnyWayOut(WayOut way) {
        Fanout fanout = fanout(2_048, Map.of());
        Upload upload = fanout.upload("anonymous");
        upload.arrives(100 * KB);
        upload.take(200 * KB);
        assertThat(fanout.load().bufferedBytes()).isEqualTo(300L * KB);

        way.leave(fanout, upload);

        assertThat(fanout.load().bufferedBytes()).isZero();
    }

    @Test
    void largeDocumentsOnTheirWayLeaveHalfOfTheMemoryToOthers() {
        Fanout fanout = fanout(8_192, Map.of());
        var slow = new ArrayList<Upload>();
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> {
            for (int i = 0; i < 300; i++) {
                Upload upload = fanout.upload("anonymous");
                slow.add(upload);
                upload.arrives(200 * KB);
            }
        });
        assertThat(fanout.load().bufferedBytes()).isLessThan(5_000L * KB);

        Upload small = fanout.upload("anonymous");
        assertThatCode(() -> small.arrives(16 * KB)).doesNotThrowAnyException();
        slow.forEach(Upload::dispose);
        small.dispose();
        assertThat(fanout.load().bufferedBytes()).isZero();
    }

    @Test
    void aDocumentThatNeverFitsIsTooLarge() {
        Upload upload = fanout(1_024, Map.of()).upload("someone");

        assertThatExceptionOfType(BatchTooLargeException.class)
                .isThrownBy(() -> upload.arrives(600 * KB))
                .withMessageContaining("at most 524288 bytes");
    }

    @Test
    void aCallerThatHasTakenItsPartIsToldSoAndAnotherIsNot() {
        Fanout fanout = fanout(4_096, Map.of());
        fanout.upload("greedy").take(2_046 * KB);

        assertThatExceptionOfType(RateLimitedException.class)
                .isThrownBy(() -> fanout.upload("greedy").take(3 * KB));
        assertThatCode(() -> fanout.upload("modest").take(100 * KB)).doesNotThrowAnyException();
    }

    @Test
    void callersWithTheLargestPartsLeaveTheLastEighthToAModestOne() {
        Fanout fanout = fanout(4_096, Map.of("default", new CallerProperties(null, null, 0.9, null)));
        Upload greedy = fanout.upload("greedy");
        greedy.take(3_500 * KB);

        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> greedy.take(100 * KB));
        assertThatCode(() -> fanout.upload("modest").take(500 * KB)).doesNotThrowAnyException();
    }

    @Test
    void documentsOfOneCallerLeaveAnotherAnEqualPartOfWhatThoseOnTheirWayMayHold() {
        Fanout fanout = fanout(8_192, Map.of("greedy", new CallerProperties(null, null, 0.9, null)));
        Upload modest = fanout.upload("modest");
        assertThatExceptionOfType(OverloadedException.class).isThrownBy(() -> {
            for (int i = 0; i < 300; i++) {
                fanout.upload("greedy").arrives(200 * KB);
            }
        });

        assertThatCode(() -> modest.arrives(2_048 * KB)).doesNotThrowAnyException();
    }
}
