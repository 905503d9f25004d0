package dev.muster.plan;

import dev.muster.request.OnFailure;
import dev.muster.request.ReturnWhen;
import dev.muster.request.StrategyName;
import org.jspecify.annotations.Nullable;

/// How a batch is answered, with the parameters that only that way has.
public sealed interface Strategy {

    StrategyName name();

    /// Whether a call that is cut short by the batch's deadline has timed out, or is simply not done.
    default boolean deadlineIsFailure() {
        return true;
    }

    /// A group of calls whose members are all wanted.
    ///
    /// @param minSuccess the quorum that ends the batch, or `null`
    record Gather(OnFailure onFailure, @Nullable Integer minSuccess) implements Strategy {
        @Override
        public StrategyName name() {
            return StrategyName.GATHER;
        }
    }

    /// As [Gather], answered in the order in which the calls end.
    ///
    /// @param minSuccess the quorum that ends the batch, or `null`
    record AsCompleted(OnFailure onFailure, @Nullable Integer minSuccess) implements Strategy {
        @Override
        public StrategyName name() {
            return StrategyName.AS_COMPLETED;
        }
    }

    /// A race: the first success is the answer.
    record FirstCompleted() implements Strategy {
        @Override
        public StrategyName name() {
            return StrategyName.FIRST_COMPLETED;
        }
    }

    /// What is done and what is not, when a condition holds or time is up.
    ///
    /// @param detaches whether the calls that still run then run on
    record Wait(ReturnWhen returnWhen, boolean detaches) implements Strategy {
        @Override
        public StrategyName name() {
            return StrategyName.WAIT;
        }

        @Override
        public boolean deadlineIsFailure() {
            return false;
        }
    }
}
