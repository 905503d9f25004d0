package dev.muster.plan;

import dev.muster.request.RequestBody;
import dev.muster.request.SuccessStatuses;
import dev.muster.service.Service;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One call, ready to be made.
///
/// @param index     its place in the batch, from 0
/// @param url       the URL as the caller may see it again
/// @param path      its path and query under any of the service's base URLs, of which `uri` has the first; `null` for a
///                  call by plain URL
/// @param service   the service it belongs to, which gives its budget and its pool
/// @param headers   by lower-cased name
/// @param budget    the shorter of the service's and the call's own timeout
/// @param layer     the layer that `budget` came from
/// @param redirects most redirects to follow
/// @param hiddenHeaders response headers that the caller does not get to see, lower-cased
public record CallPlan(
        String id,
        int index,
        String url,
        URI uri,
        @Nullable String path,
        Service service,
        String method,
        Map<String, List<String>> headers,
        @Nullable RequestBody body,
        Duration budget,
        Layer layer,
        boolean required,
        SuccessStatuses success,
        int redirects,
        Set<String> hiddenHeaders) {

    /// This call with some more headers.
    ///
    /// @param more by lower-cased name; they take the place of those that are there
    public CallPlan withHeaders(Map<String, List<String>> more) {
        Map<String, List<String>> all = new HashMap<>(headers);
        all.putAll(more);
        return new CallPlan(
                id,
                index,
                url,
                uri,
                path,
                service,
                method,
                all,
                body,
                budget,
                layer,
                required,
                success,
                redirects,
                hiddenHeaders);
    }

    /// The deadline of this call if it is started at `nowNanos`, within a batch that ends at `batch`.
    public Deadline deadline(long nowNanos, Deadline batch) {
        return batch.earliest(Deadline.after(nowNanos, layer, budget));
    }
}
