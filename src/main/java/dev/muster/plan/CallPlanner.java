package dev.muster.plan;

import dev.muster.request.CallRequest;

/// Plans the calls of one batch.
@FunctionalInterface
public interface CallPlanner {

    /// The plan of `call`.
    ///
    /// @param index its place in the batch, from 0
    CallPlan plan(CallRequest call, int index);
}
