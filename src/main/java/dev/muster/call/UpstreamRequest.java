package dev.muster.call;

import dev.muster.plan.CallPlan;
import dev.muster.request.RequestBody;
import dev.muster.service.Service;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One request to one upstream.
///
/// @param service whose pool it uses
/// @param headers by lower-cased name
record UpstreamRequest(
        URI uri,
        Service service,
        String method,
        Map<String, List<String>> headers,
        @Nullable RequestBody body) {

    static UpstreamRequest first(CallPlan call) {
        return new UpstreamRequest(call.uri(), call.service(), call.method(), call.headers(), call.body());
    }
}
