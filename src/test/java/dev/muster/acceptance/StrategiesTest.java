package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What each strategy answers, in every media type.
class StrategiesTest extends RunningMuster {

    private static final Call FAST = Call.up("fast", "/ok?fast");
    private static final Call MIDDLE = Call.up("middle", "/delay/80");
    private static final Call SLOW = Call.up("slow", "/delay/160");
    private static final Call BROKEN = Call.up("broken", "/delay/40/503");
    private static final Call SILENT = Call.up("silent", "/black-hole");

    @ParameterizedTest
    @EnumSource
    void gatherAnswersInInputOrderWhenCallsLandInAnother(Media media) {
        var reply = muster.post(Batch.gather(SLOW, FAST, MIDDLE), media);

        assertEnded(reply, 3, "complete", 200);
        assertThat(reply.slots()).containsExactly("slow succeeded", "fast succeeded", "middle succeeded");
        assertThat(reply.summary().path("strategy").asString()).isEqualTo("gather");
    }

    @ParameterizedTest
    @EnumSource
    void asCompletedAnswersInCompletionOrder(Media media) {
        var reply = muster.post(Batch.asCompleted(SLOW, FAST, BROKEN, MIDDLE), media);

        assertEnded(reply, 4, "partial", 200);
        assertThat(reply.slots())
                .containsExactly("fast succeeded", "broken failed http-status", "middle succeeded", "slow succeeded");
        assertThat(reply.summary().path("strategy").asString()).isEqualTo("as-completed");
    }

    @ParameterizedTest
    @EnumSource
    void gatherIsTheStrategyWhenNoneIsNamed(Media media) {
        var reply = muster.post(new Batch(Map.of(), List.of(MIDDLE, FAST)), media);

        assertEnded(reply, 2, "complete", 200);
        assertThat(reply.slots()).containsExactly("middle succeeded", "fast succeeded");
        assertThat(reply.summary().path("strategy").asString()).isEqualTo("gather");
    }

    @ParameterizedTest
    @EnumSource
    void gatherIsPartialWhenACallFailsAndFailuresAreCollected(Media media) {
        var reply = muster.post(Batch.gather(FAST, BROKEN, MIDDLE), media);

        assertEnded(reply, 3, "partial", 200);
        assertThat(reply.slots()).containsExactly("fast succeeded", "broken failed http-status", "middle succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void gatherIsPartialWhenEveryCallFailsAndFailuresAreCollected(Media media) {
        var reply = muster.post(Batch.gather(BROKEN, BROKEN.with("id", "too")), media);

        assertEnded(reply, 2, "partial", 200);
    }

    @ParameterizedTest
    @EnumSource
    void gatherCancelsTheRestWhenACallFailsAndFailuresEndTheBatch(Media media) {
        var reply = muster.post(Batch.gather(FAST, SILENT, BROKEN).with("onFailure", "fail"), media);

        assertEnded(reply, 3, "failed", 502);
        assertThat(reply.slots())
                .containsExactly("fast succeeded", "silent cancelled sibling-failed", "broken failed http-status");
    }

    @ParameterizedTest
    @EnumSource
    void asCompletedCancelsTheRestWhenACallFailsAndFailuresEndTheBatch(Media media) {
        var reply = muster.post(Batch.asCompleted(SILENT, BROKEN, FAST).with("onFailure", "fail"), media);

        assertEnded(reply, 3, "failed", 502);
        assertThat(reply.slots())
                .containsExactly("fast succeeded", "broken failed http-status", "silent cancelled sibling-failed");
    }

    @ParameterizedTest
    @EnumSource
    void batchFailsForLackOfTimeWhenTheCallThatEndsItTimedOut(Media media) {
        var hasty = SILENT.with("timeout", "60ms");
        var reply = muster.post(Batch.gather(FAST, hasty).with("onFailure", "fail"), media);

        assertEnded(reply, 2, "failed", 504);
        assertThat(reply.slots()).containsExactly("fast succeeded", "silent timed-out timeout");
    }

    @ParameterizedTest
    @EnumSource
    void firstCompletedAnswersWithTheFirstSuccess(Media media) {
        var reply = muster.post(Batch.firstCompleted(SILENT, BROKEN, MIDDLE), media);

        assertEnded(reply, 3, "complete", 200);
        assertThat(reply.summary().path("winner").asString()).isEqualTo("middle");
        assertThat(reply.slots())
                .containsExactlyInAnyOrder(
                        "silent cancelled winner-found", "broken failed http-status", "middle succeeded");
        if (media.streams()) {
            assertThat(reply.slots().getFirst()).isEqualTo("middle succeeded");
        } else {
            assertThat(reply.slots().getFirst()).startsWith("silent");
        }
    }

    @ParameterizedTest
    @EnumSource
    void firstCompletedHasASingleWinnerWhenAllSucceedAtOnce(Media media) {
        var calls =
                IntStream.range(0, 20).mapToObj(i -> Call.up("c" + i, "/ok")).toList();
        var reply = muster.post(Batch.of("first-completed", calls), media);

        assertEnded(reply, 20, "complete", 200);
        var winner = reply.slot(reply.summary().path("winner").asString());
        assertThat(Reply.describe(winner)).isEqualTo("succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void firstCompletedListsEveryErrorWhenNoneSucceeded(Media media) {
        var refused = Call.to("refusing", "/").with("id", "refused");
        var reply = muster.post(Batch.firstCompleted(BROKEN, refused), media);

        assertEnded(reply, 2, "failed", 502);
        assertThat(reply.summary().has("winner")).isFalse();
        assertThat(reply.slots())
                .containsExactlyInAnyOrder("broken failed http-status", "refused failed connect-failed");
    }

    @ParameterizedTest
    @EnumSource
    void firstCompletedFailsWithTheOnlyErrorWhenThereIsOneCall(Media media) {
        var reply = muster.post(Batch.firstCompleted(BROKEN), media);

        assertEnded(reply, 1, "failed", 502);
        assertThat(reply.slots()).containsExactly("broken failed http-status");
    }

    @ParameterizedTest
    @EnumSource
    void waitReturnsWhenAllHaveCompletedByDefault(Media media) {
        var reply = muster.post(Batch.waitFor(MIDDLE, BROKEN, FAST), media);

        assertEnded(reply, 3, "partial", 200);
        assertThat(reply.names("done")).containsExactlyInAnyOrder("middle", "broken", "fast");
        assertThat(reply.names("pending")).isEmpty();
        if (!media.streams()) {
            assertThat(reply.slots())
                    .containsExactly("middle succeeded", "broken failed http-status", "fast succeeded");
        }
    }

    @ParameterizedTest
    @EnumSource
    void waitReturnsWithoutErrorWhenItsTimeHasPassed(Media media) {
        var reply = muster.post(Batch.waitFor(FAST, SILENT).with("timeout", "150ms"), media);

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.names("done")).containsExactly("fast");
        assertThat(reply.names("pending")).containsExactly("silent");
        assertThat(reply.slots()).containsExactlyInAnyOrder("fast succeeded", "silent cancelled deadline");
    }

    @ParameterizedTest
    @EnumSource
    void waitReturnsAtTheFirstFailureWhenAskedForTheFirstException(Media media) {
        var reply = muster.post(Batch.waitFor(FAST, SILENT, BROKEN).with("returnWhen", "first-exception"), media);

        assertEnded(reply, 3, "partial", 200);
        assertThat(reply.names("done")).containsExactlyInAnyOrder("fast", "broken");
        assertThat(reply.names("pending")).containsExactly("silent");
        assertThat(reply.slots())
                .containsExactlyInAnyOrder(
                        "fast succeeded", "silent cancelled sibling-failed", "broken failed http-status");
    }

    @ParameterizedTest
    @EnumSource
    void waitReturnsAtTheFirstTimeoutWhenAskedForTheFirstException(Media media) {
        var hasty = Call.up("hasty", "/black-hole").with("timeout", "60ms");
        var reply = muster.post(Batch.waitFor(SILENT, hasty).with("returnWhen", "first-exception"), media);

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.names("done")).containsExactly("hasty");
        assertThat(reply.names("pending")).containsExactly("silent");
    }

    @ParameterizedTest
    @EnumSource
    void waitReturnsAtTheFirstRejectionWhenAskedForTheFirstException(Media media) {
        var forbidden = Call.url("http://10.0.0.1/").with("id", "forbidden");
        var reply = muster.post(Batch.waitFor(SILENT, forbidden).with("returnWhen", "first-exception"), media);

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.names("done")).containsExactly("forbidden");
        assertThat(reply.names("pending")).containsExactly("silent");
    }

    @ParameterizedTest
    @EnumSource
    void waitForTheFirstExceptionReturnsWhenAllHaveSucceeded(Media media) {
        var reply = muster.post(Batch.waitFor(FAST, MIDDLE).with("returnWhen", "first-exception"), media);

        assertEnded(reply, 2, "complete", 200);
        assertThat(reply.names("done")).containsExactlyInAnyOrder("fast", "middle");
        assertThat(reply.names("pending")).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void waitReturnsAtAnyOutcomeWhenAskedForTheFirstCompleted(Media media) {
        var reply = muster.post(Batch.waitFor(SILENT, BROKEN).with("returnWhen", "first-completed"), media);

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.names("done")).containsExactly("broken");
        assertThat(reply.names("pending")).containsExactly("silent");
        assertThat(reply.slots())
                .containsExactlyInAnyOrder("broken failed http-status", "silent cancelled winner-found");
    }

    @ParameterizedTest
    @EnumSource
    void batchIsDoneWhenTheQuorumIsReached(Media media) {
        var reply = muster.post(Batch.gather(SILENT, FAST, MIDDLE).with("minSuccess", 2), media);

        assertEnded(reply, 3, "complete", 200);
        assertThat(reply.slots())
                .containsExactly("silent cancelled quorum-reached", "fast succeeded", "middle succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void asCompletedBatchIsDoneWhenTheQuorumIsReached(Media media) {
        var reply = muster.post(Batch.asCompleted(SILENT, MIDDLE, FAST).with("minSuccess", 2), media);

        assertEnded(reply, 3, "complete", 200);
        assertThat(reply.slots())
                .containsExactly("fast succeeded", "middle succeeded", "silent cancelled quorum-reached");
    }

    @ParameterizedTest
    @EnumSource
    void batchFailsWhenTheQuorumCannotBeReached(Media media) {
        var reply = muster.post(Batch.gather(FAST, BROKEN).with("minSuccess", 2), media);

        assertEnded(reply, 2, "failed", 502);
        assertThat(reply.slots()).containsExactly("fast succeeded", "broken failed http-status");
    }

    @ParameterizedTest
    @EnumSource
    void quorumWaitsForTheRequiredCall(Media media) {
        var needed = MIDDLE.with("required", true);
        var reply = muster.post(Batch.gather(FAST, needed, SILENT).with("minSuccess", 1), media);

        assertEnded(reply, 3, "complete", 200);
        assertThat(reply.slots())
                .containsExactly("fast succeeded", "middle succeeded", "silent cancelled quorum-reached");
    }

    @ParameterizedTest
    @EnumSource
    void batchFailsButGoesOnWhenARequiredCallFails(Media media) {
        var reply = muster.post(Batch.gather(BROKEN.with("required", true), MIDDLE), media);

        assertEnded(reply, 2, "failed", 502);
        assertThat(reply.slots()).containsExactly("broken failed http-status", "middle succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void batchFailsForLackOfTimeWhenARequiredCallTimesOut(Media media) {
        var needed = SILENT.with("required", true).with("timeout", "60ms");
        var reply = muster.post(Batch.asCompleted(needed, FAST), media);

        assertEnded(reply, 2, "failed", 504);
        assertThat(reply.slots()).containsExactly("fast succeeded", "silent timed-out timeout");
    }

    @ParameterizedTest
    @EnumSource
    void batchFailsWhenACallOfARequiredServiceFails(Media media) {
        var needed = Call.to("needed", "/status/503").with("id", "needed");
        var reply = muster.post(Batch.gather(needed, FAST), media);

        assertEnded(reply, 2, "failed", 502);
    }

    @ParameterizedTest
    @EnumSource
    void callOverridesThatItsServiceIsRequired(Media media) {
        var optional = Call.to("needed", "/status/503").with("id", "optional").with("required", false);
        var reply = muster.post(Batch.gather(optional, FAST), media);

        assertEnded(reply, 2, "partial", 200);
    }

    @ParameterizedTest
    @EnumSource
    void requiredServiceFailsNoBatchWhenTheStrategyKnowsNoRequiredCalls(Media media) {
        var needed = Call.to("needed", "/status/503").with("id", "needed");

        assertEnded(muster.post(Batch.waitFor(needed, FAST), media), 2, "partial", 200);
        assertEnded(muster.post(Batch.firstCompleted(needed, MIDDLE), media), 2, "complete", 200);
    }
}
