package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A stream's form, and that nothing waits in it for what comes later.
class StreamsTest extends RunningMuster {

    private static final Call FIRST = Call.up("first", "/hold?first");
    private static final Call SECOND = Call.up("second", "/hold?second");
    private static final Call THIRD = Call.up("third", "/hold?third");

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void streamIsResultsAndThenOneSummaryWithoutResults(Media media) {
        var reply = muster.post(Batch.gather(Call.up("a", "/ok"), Call.up("b", "/status/503")), media);

        assertThat(reply.header("Content-Type")).startsWith(media.type());
        var events = EventStream.of(media, reply.text()).remaining();
        assertThat(events).extracting(EventStream.Event::kind).containsExactly("result", "result", "summary");
        var summary = events.getLast().data();
        assertThat(summary.propertyNames())
                .contains("id", "strategy", "outcome", "elapsedMs", "counts")
                .doesNotContain("results");
        if (media == Media.SSE) {
            assertThat(events).extracting(EventStream.Event::id).containsExactly("1", "2", "3");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void asCompletedSendsEachResultTheMomentItLands(Media media) {
        try (var stream = muster.open(Batch.asCompleted(FIRST, SECOND, THIRD), media)) {
            for (var landing : List.of("second", "third", "first")) {
                upstream.awaitExchange("/hold?" + landing).release();
                assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, landing));
            }
            assertSummaryOnly(stream, "complete");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void gatherSendsAResultAsSoonAsAllBeforeItAreThere(Media media) {
        try (var stream = muster.open(Batch.gather(FIRST, SECOND, THIRD), media)) {
            upstream.awaitExchange("/hold?second").release();
            upstream.awaitExchange("/hold?first").release();
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "first"));
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "second"));
            assertThat(upstream.inFlight()).isEqualTo(1);

            upstream.awaitExchange("/hold?third").release();
            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "third"));
            assertSummaryOnly(stream, "complete");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void firstCompletedSendsTheWinnerFirst(Media media) {
        try (var stream = muster.open(Batch.firstCompleted(FIRST, SECOND, THIRD), media)) {
            upstream.awaitInFlight(3);
            upstream.awaitExchange("/hold?third").release();

            assertThat(stream.next()).hasValueSatisfying(event -> assertResult(event, "third"));
            assertThat(stream.remaining())
                    .extracting(EventStream.Event::kind)
                    .containsExactly("result", "result", "summary");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void everyResultIsThereOnceWhenTheyAreMany(Media media) {
        var calls = IntStream.range(0, 500)
                .mapToObj(i -> Call.up("c" + i, "/ok?" + i))
                .toList();

        assertEnded(muster.post(Batch.of("as-completed", calls), media), 500, "complete", 200);
        assertEnded(muster.post(Batch.of("gather", calls), media), 500, "complete", 200);
    }

    private static void assertResult(EventStream.Event event, String id) {
        assertThat(event.kind()).isEqualTo("result");
        assertThat(event.data().path("id").asString()).isEqualTo(id);
        assertThat(event.data().path("outcome").asString()).isEqualTo("succeeded");
    }

    private static void assertSummaryOnly(EventStream stream, String outcome) {
        assertThat(stream.remaining()).singleElement().satisfies(event -> {
            assertThat(event.kind()).isEqualTo("summary");
            assertThat(event.data().path("outcome").asString()).isEqualTo(outcome);
        });
    }
}
