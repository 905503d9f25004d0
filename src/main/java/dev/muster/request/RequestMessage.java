package dev.muster.request;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What is sent with a call.
///
/// @param method  an HTTP method, never `CONNECT`
/// @param headers by lower-cased name; none that Muster or the connection owns
public record RequestMessage(
        String method,
        Map<String, List<String>> headers,
        @Nullable RequestBody body) {

    /// What most calls send.
    static final RequestMessage GET = new RequestMessage("GET", Map.of(), null);

    /// This message with other headers.
    public RequestMessage withHeaders(Map<String, List<String>> others) {
        return new RequestMessage(method, others, body);
    }
}
