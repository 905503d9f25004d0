package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.resilience.Health;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UpstreamHealthTest {

    private static final CallPlan CALL = CallPlans.at(0).build();
    private static final Trace TRACE = new Trace(7, 1, true, List.of(), PhaseTimes.NONE);

    private final UpstreamHealth health = new UpstreamHealth(Duration.ofSeconds(1));

    static List<CallOutcome> limitsOfOurOwn() {
        return List.of(
                new CallOutcome.Rejected(CALL, TRACE, RejectionType.OVERLOADED, "no file descriptor is left"),
                new CallOutcome.Failed(CALL, TRACE, FailureType.RESPONSE_TOO_LARGE, "no memory is left", null));
    }

    @ParameterizedTest
    @MethodSource("limitsOfOurOwn")
    void aLimitOfOurOwnIsNobodysFault(CallOutcome outcome) {
        assertThat(health.of(outcome)).isEqualTo(Health.UNKNOWN);
    }
}
