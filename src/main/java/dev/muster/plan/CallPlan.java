package dev.muster.plan;

import dev.muster.request.RequestMessage;
import dev.muster.service.Service;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// One call, ready to be made.
///
/// @param index   its place in the batch, from 0
/// @param service the service it belongs to, which gives its budget and its pool
/// @param budget  the shorter of the service's and the call's own timeout
/// @param layer   the layer that `budget` came from
public record CallPlan(
        String id,
        int index,
        Service service,
        Destination destination,
        RequestMessage message,
        Duration budget,
        Layer layer,
        CallRules rules) {

    /// This call with some more headers.
    ///
    /// @param more by lower-cased name; they take the place of those that are there
    public CallPlan withHeaders(Map<String, List<String>> more) {
        Map<String, List<String>> all = new HashMap<>(message.headers());
        all.putAll(more);
        return new CallPlan(id, index, service, destination, message.withHeaders(all), budget, layer, rules);
    }

    /// The deadline of this call if it is started at `nowNanos`, within a batch that ends at `batch`.
    public Deadline deadline(long nowNanos, Deadline batch) {
        return batch.earliest(Deadline.after(nowNanos, layer, budget));
    }
}
