package dev.muster.plan;

import dev.muster.request.RequestMessage;
import dev.muster.service.Service;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One call, ready to be made.
///
/// @param index   its place in the batch, from 0
/// @param service the service it belongs to, which gives its budget and its pool
/// @param dependent what it waits for before it is made, or `null`; until then nothing but its service, its budget and
///                its rules is what it will be
public record CallPlan(
        String id,
        int index,
        Service service,
        Destination destination,
        RequestMessage message,
        Budget budget,
        CallRules rules,
        @Nullable Dependent dependent) {

    /// This call with some more headers.
    ///
    /// @param more by lower-cased name; they take the place of those that are there
    public CallPlan withHeaders(Map<String, List<String>> more) {
        Map<String, List<String>> all = new HashMap<>(message.headers());
        all.putAll(more);
        return new CallPlan(id, index, service, destination, message.withHeaders(all), budget, rules, dependent);
    }

    /// This call, that is told of by `url` and waits for others.
    CallPlan waiting(String url, Dependent on) {
        var told = new Destination(url, destination.uri(), destination.path());
        return new CallPlan(id, index, service, told, message, budget, rules, on);
    }

    /// The deadline of this call if it is started at `nowNanos`, within a batch that ends at `batch`.
    public Deadline deadline(long nowNanos, Deadline batch) {
        return batch.earliest(Deadline.after(nowNanos, budget.layer(), budget.time()));
    }
}
