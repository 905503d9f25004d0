package dev.muster.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.service.RetryBudget;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ExtraRequestsTest {

    private final AtomicLong now = new AtomicLong();

    @Test
    void aFifthOfTheCallsIsPaidAndNoMoreWhenEveryCallWantsAnExtraRequest() {
        var extra = extra(0.2, 0);

        assertThat(paid(extra, 1_000)).isEqualTo(200);
    }

    @Test
    void aTricklePaysWhereThereIsLittleTraffic() {
        var extra = extra(0.2, 1);

        assertThat(extra.tryPay()).isTrue();
        assertThat(extra.tryPay()).isFalse();
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(999));
        assertThat(extra.tryPay()).isFalse();
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(1));
        assertThat(extra.tryPay()).isTrue();
    }

    @Test
    void theTrickleDoesNotGatherInQuietHours() {
        var extra = extra(0, 2);

        now.addAndGet(TimeUnit.HOURS.toNanos(1));

        assertThat(extra.balance()).isEqualTo(2);
    }

    @Test
    void whatCallsEarnedIsBoundedSoThatItDoesNotComeDownOnAServiceThatHasJustFailed() {
        var extra = extra(0.2, 0);
        for (int i = 0; i < 1_000_000; i++) {
            extra.called();
        }

        int paid = 0;
        while (extra.tryPay()) {
            paid++;
        }
        assertThat(paid).isEqualTo(10);
    }

    @Test
    void aBudgetOfNothingPaysNothing() {
        assertThat(paid(extra(0, 0), 1_000)).isZero();
    }

    private ExtraRequests extra(double ratio, int minPerSecond) {
        return new ExtraRequests(new RetryBudget(ratio, minPerSecond), now::get);
    }

    private static int paid(ExtraRequests extra, int calls) {
        int paid = 0;
        for (int i = 0; i < calls; i++) {
            extra.called();
            paid += extra.tryPay() ? 1 : 0;
        }
        return paid;
    }
}
