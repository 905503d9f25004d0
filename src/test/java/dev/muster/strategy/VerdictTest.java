package dev.muster.strategy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPlans;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.Strategy;
import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// When each strategy ends a batch early, and what it says of it in the end.
class VerdictTest {

    /// The two whose members are all wanted have one set of rules.
    enum Kind {
        GATHER,
        AS_COMPLETED;

        Batches batch(OnFailure onFailure, @Nullable Integer minSuccess, int size, Integer... required) {
            return new Batches(
                    switch (this) {
                        case GATHER -> new Strategy.Gather(onFailure, minSuccess);
                        case AS_COMPLETED -> new Strategy.AsCompleted(onFailure, minSuccess);
                    },
                    size,
                    required);
        }
    }

    @Nested
    class OfAGroup {

        @ParameterizedTest
        @EnumSource
        void isCompleteWhenEveryCallSucceeded(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, null, 2));
            batch.succeed(0);
            batch.succeed(1);

            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.COMPLETE));
            assertThat(batch.cancelled()).isEmpty();
        }

        @ParameterizedTest
        @EnumSource
        void isPartialWhenACallDidNotSucceedAndFailuresAreCollected(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, null, 4));
            batch.fail(0);
            batch.timeOut(1);
            batch.reject(2);
            assertThat(batch.cancelled()).isEmpty();
            batch.succeed(3);

            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.PARTIAL));
        }

        @ParameterizedTest
        @EnumSource
        void isPartialWhenEveryCallTimedOutAndFailuresAreCollected(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, null, 2));
            batch.timeOut(0);
            batch.timeOut(1);

            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.PARTIAL));
        }

        @ParameterizedTest
        @EnumSource
        void hasFailedWithTheFirstFailureWhenThatEndsIt(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.FAIL, null, 3));
            batch.succeed(0);
            batch.fail(2);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.SIBLING_FAILED);
            assertThat(batch.verdict()).isEqualTo(Verdict.failed("call c2 did not succeed", false));
        }

        @ParameterizedTest
        @EnumSource
        void hasRunOutOfTimeWhenTheCallThatEndedItTimedOut(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.FAIL, null, 2));
            batch.timeOut(1);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.SIBLING_FAILED);
            assertThat(batch.verdict()).isEqualTo(Verdict.failed("call c1 did not succeed", true));
        }

        @ParameterizedTest
        @EnumSource
        void hasFailedWhenARejectedCallEndedIt(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.FAIL, null, 2));
            batch.reject(0);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("call c0 did not succeed", false));
        }

        @ParameterizedTest
        @EnumSource
        void hasFailedWhenARequiredCallFailedThoughFailuresAreCollected(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, null, 3, 1));
            batch.fail(1);
            assertThat(batch.cancelled()).isEmpty();
            batch.succeed(0);
            batch.timeOut(2);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("required call c1 did not succeed", false));
        }

        @ParameterizedTest
        @EnumSource
        void hasRunOutOfTimeWhenARequiredCallTimedOut(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, null, 2, 1));
            batch.fail(0);
            batch.timeOut(1);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("required call c1 did not succeed", true));
        }

        @ParameterizedTest
        @EnumSource
        void hasFailedWhenARequiredCallWasCancelled(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, null, 2, 1));
            batch.succeed(0);
            batch.cancel(CancelReason.SHUTDOWN);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("required call c1 did not succeed", false));
        }

        @ParameterizedTest
        @EnumSource
        void isCompleteAndCancelsTheRestWhenTheQuorumIsReached(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, 2, 4));
            batch.fail(0);
            batch.succeed(1);
            assertThat(batch.cancelled()).isEmpty();
            batch.succeed(2);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.QUORUM_REACHED);
            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.COMPLETE));
        }

        @ParameterizedTest
        @EnumSource
        void waitsForARequiredCallAfterTheQuorum(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, 1, 3, 2));
            batch.succeed(0);
            assertThat(batch.cancelled()).isEmpty();
            batch.succeed(2);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.QUORUM_REACHED);
            assertThat(batch.endings()).containsExactly(0, 2, 1);
            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.COMPLETE));
        }

        @ParameterizedTest
        @EnumSource
        void hasFailedWhenARequiredCallFailedAfterTheQuorum(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, 1, 3, 2));
            batch.succeed(0);
            batch.fail(2);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.QUORUM_REACHED);
            assertThat(batch.verdict()).isEqualTo(Verdict.failed("required call c2 did not succeed", false));
        }

        @ParameterizedTest
        @EnumSource
        void hasFailedWhenTheQuorumWasMissed(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, 2, 3));
            batch.succeed(0);
            batch.fail(1);
            batch.fail(2);

            assertThat(batch.cancelled()).isEmpty();
            assertThat(batch.verdict()).isEqualTo(Verdict.failed("1 of the 2 calls that had to succeed did", false));
        }

        @ParameterizedTest
        @EnumSource
        void hasRunOutOfTimeWhenTheQuorumWasMissedForTimeouts(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.COLLECT, 1, 2));
            batch.timeOut(0);
            batch.timeOut(1);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("0 of the 1 calls that had to succeed did", true));
        }

        @ParameterizedTest
        @EnumSource
        void isEndedByAFailureBeforeTheQuorumWhenFailuresEndIt(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.FAIL, 2, 3));
            batch.succeed(0);
            batch.fail(1);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.SIBLING_FAILED);
            assertThat(batch.verdict().outcome()).isEqualTo(BatchOutcome.FAILED);
        }

        @ParameterizedTest
        @EnumSource
        void isCompleteWhenTheQuorumCameBeforeAnyFailureThoughFailuresEndIt(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.FAIL, 2, 3));
            batch.succeed(0);
            batch.succeed(2);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.QUORUM_REACHED);
            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.COMPLETE));
        }

        @ParameterizedTest
        @EnumSource
        void isPartialWhenItWasCancelledFromOutside(Kind kind) {
            Batches batch = run(kind.batch(OnFailure.FAIL, null, 2));
            batch.succeed(0);
            batch.cancel(CancelReason.CLIENT_CANCELLED);

            assertThat(batch.verdict()).isEqualTo(Verdict.met(BatchOutcome.PARTIAL));
        }
    }

    @Nested
    class OfFirstCompleted {

        @Test
        void namesTheWinnerAndCancelsTheLosers() {
            Batches batch = run(new Batches(new Strategy.FirstCompleted(), 3));
            batch.fail(0);
            assertThat(batch.cancelled()).isEmpty();
            batch.succeed(1);

            assertThat(batch.cancelled()).containsExactly(CancelReason.WINNER_FOUND);
            assertThat(batch.verdict()).isEqualTo(new Verdict(BatchOutcome.COMPLETE, null, false, "c1", null, null));
        }

        @Test
        void hasFailedWhenNoneSucceeded() {
            Batches batch = run(new Batches(new Strategy.FirstCompleted(), 2));
            batch.fail(0);
            batch.reject(1);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("no call succeeded", false));
        }

        @Test
        void hasRunOutOfTimeWhenNoneSucceededAndOneTimedOut() {
            Batches batch = run(new Batches(new Strategy.FirstCompleted(), 2));
            batch.fail(0);
            batch.timeOut(1);

            assertThat(batch.verdict()).isEqualTo(Verdict.failed("no call succeeded", true));
        }

        @Test
        void cancelsASiblingThatHasNotStartedWhenTheWinnerIsThereAtOnce() {
            var batch = new Batches(new Strategy.FirstCompleted(), 3);
            batch.succeed(0);
            run(batch);

            assertThat(batch.endings()).containsExactly(0, 1, 2);
            assertThat(batch.verdict().winner()).isEqualTo("c0");
        }
    }

    @Nested
    class OfWait {

        @Test
        void isCompleteWhenEveryCallSucceeded() {
            Batches batch = run(wait(ReturnWhen.ALL_COMPLETED, 2));
            batch.succeed(1);
            batch.succeed(0);

            assertThat(batch.verdict())
                    .isEqualTo(new Verdict(BatchOutcome.COMPLETE, null, false, null, List.of("c0", "c1"), List.of()));
        }

        @Test
        void isPartialAndListsWhatIsPendingWhenTheDeadlineEndedIt() {
            Batches batch = run(wait(ReturnWhen.ALL_COMPLETED, 3));
            batch.succeed(1);
            batch.cancel(CancelReason.DEADLINE);

            assertThat(batch.verdict())
                    .isEqualTo(
                            new Verdict(BatchOutcome.PARTIAL, null, false, null, List.of("c1"), List.of("c0", "c2")));
        }

        @Test
        void neverFails() {
            Batches batch = run(wait(ReturnWhen.ALL_COMPLETED, 2));
            batch.timeOut(0);
            batch.fail(1);

            assertThat(batch.cancelled()).isEmpty();
            assertThat(batch.verdict().outcome()).isEqualTo(BatchOutcome.PARTIAL);
            assertThat(batch.verdict().timeRanOut()).isFalse();
        }

        @Test
        void returnsWithAnyOutcomeWhenItWaitsForTheFirst() {
            Batches batch = run(wait(ReturnWhen.FIRST_COMPLETED, 3));
            batch.fail(1);

            assertThat(batch.cancelled()).first().isEqualTo(CancelReason.WINNER_FOUND);
            assertThat(batch.verdict().done()).containsExactly("c1");
            assertThat(batch.verdict().pending()).containsExactly("c0", "c2");
        }

        @Test
        void returnsWithAFailureATimeoutOrARejectionWhenItWaitsForAnException() {
            for (int kind = 0; kind < 3; kind++) {
                Batches batch = run(wait(ReturnWhen.FIRST_EXCEPTION, 3));
                batch.succeed(0);
                assertThat(batch.cancelled()).isEmpty();
                switch (kind) {
                    case 0 -> batch.fail(1);
                    case 1 -> batch.timeOut(1);
                    default -> batch.reject(1);
                }
                assertThat(batch.cancelled()).first().isEqualTo(CancelReason.SIBLING_FAILED);
                assertThat(batch.verdict().pending()).containsExactly("c2");
            }
        }

        @Test
        void isAllCompletedWhenItWaitsForAnExceptionThatNeverComes() {
            Batches batch = run(wait(ReturnWhen.FIRST_EXCEPTION, 2));
            batch.succeed(0);
            batch.succeed(1);

            assertThat(batch.cancelled()).isEmpty();
            assertThat(batch.verdict().outcome()).isEqualTo(BatchOutcome.COMPLETE);
        }

        @Test
        void takesACancelledCallForNoException() {
            Batches batch = run(wait(ReturnWhen.FIRST_EXCEPTION, 2));
            batch.cancel(CancelReason.DEADLINE);

            assertThat(batch.cancelled()).containsExactly(CancelReason.DEADLINE);
        }

        private static Batches wait(ReturnWhen returnWhen, int size) {
            return new Batches(new Strategy.Wait(returnWhen, false), size);
        }
    }

    @Test
    void theSummaryCountsEachKindOfOutcome() {
        var plans = List.of(CallPlans.at(0).build());
        CallOutcome cancelled = new CallOutcome.Cancelled(plans.getFirst(), Batches.TRACE, CancelReason.DEADLINE);
        assertThat(counts(List.of(
                        Batches.succeeded(plans.getFirst()),
                        Batches.succeeded(plans.getFirst()),
                        Batches.failed(plans.getFirst()),
                        Batches.timedOut(plans.getFirst()),
                        Batches.rejected(plans.getFirst()),
                        cancelled)))
                .isEqualTo(new BatchSummary.Counts(2, 1, 1, 1, 1));
    }

    private static BatchSummary.Counts counts(List<CallOutcome> outcomes) {
        var tally = new BatchSummary.Tally();
        outcomes.forEach(tally::add);
        return tally.counts();
    }

    /// Subscribes to the results and lets the test go on.
    private static Batches run(Batches batch) {
        batch.stream().subscribe();
        return batch;
    }
}
