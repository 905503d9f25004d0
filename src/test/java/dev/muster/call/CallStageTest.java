package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import dev.muster.upstream.ByteBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

class CallStageTest {

    private static final CallPlan CALL = CallPlans.at(0).build();
    private static final CallOutcome OUTCOME =
            new CallOutcome.Rejected(CALL, Trace.NONE, RejectionType.OVERLOADED, "too many");

    private final List<String> passed = new ArrayList<>();

    @Test
    void theFirstStageIsTheOutermost() {
        CallStage stages = CallStage.around(
                (_, _) -> {
                    passed.add("innermost");
                    return Mono.just(OUTCOME);
                },
                List.of(named("first"), named("second")));

        assertThat(stages.call(CALL, live()).block()).isSameAs(OUTCOME);
        assertThat(passed).containsExactly("first", "second", "innermost");
    }

    private UnaryOperator<CallStage> named(String name) {
        return next -> (call, live) -> {
            passed.add(name);
            return next.call(call, live);
        };
    }

    private static LiveCall live() {
        Deadline deadline = Deadline.after(0, Layer.REQUEST, Duration.ofSeconds(1));
        return new LiveCall(deadline, 0, 0, new BatchScope(deadline, new ByteBudget(1, new MemoryOf(1)), null));
    }
}
