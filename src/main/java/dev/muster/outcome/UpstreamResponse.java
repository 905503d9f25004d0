package dev.muster.outcome;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What an upstream answered.
///
/// @param headers the values of each line by lower-cased name, in the order in which they came; without
///                `content-encoding` where the body was decompressed
/// @param body    the whole body, decompressed; owned by this record and not to be changed
/// @param source  where it came from
public record UpstreamResponse(int status, Map<String, List<String>> headers, byte[] body, Source source) {

    /// One that came from the upstream.
    public UpstreamResponse(int status, Map<String, List<String>> headers, byte[] body) {
        this(status, headers, body, Source.UPSTREAM);
    }

    /// The response that a call got, whatever became of it, or `null` if it got none.
    public static @Nullable UpstreamResponse of(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded succeeded -> succeeded.response();
            case CallOutcome.Failed failed -> failed.response();
            case CallOutcome.FellBack _, CallOutcome.TimedOut _, CallOutcome.Rejected _, CallOutcome.Cancelled _ ->
                null;
        };
    }

    /// The first line of that name, in lower case, or `null` if there is none.
    public @Nullable String header(String name) {
        List<String> lines = headers.get(name);
        return lines == null ? null : lines.getFirst();
    }
}
