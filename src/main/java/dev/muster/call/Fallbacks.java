package dev.muster.call;

import dev.muster.service.Fallback;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// What stands in for a call whose upstream is in trouble.
final class Fallbacks {

    private Fallbacks() {}

    /// What stands in for `outcome`: itself, where there is nothing better.
    static CallOutcome replace(CallOutcome outcome) {
        Fallback fallback = outcome.call().service().fallback();
        if (fallback == null || !isTrouble(outcome)) {
            return outcome;
        }
        UpstreamResponse standIn = standIn(fallback);
        return standIn == null ? outcome : new CallOutcome.FellBack(outcome.call(), outcome.trace(), standIn, outcome);
    }

    private static @Nullable UpstreamResponse standIn(Fallback fallback) {
        if (fallback.body() == null) {
            return null;
        }
        var headers = new DefaultHttpHeaders().set(HttpHeaderNames.CONTENT_TYPE, fallback.contentType());
        return new UpstreamResponse(fallback.status(), headers, fallback.body().getBytes(StandardCharsets.UTF_8));
    }

    /// An answer such as 404 is no trouble, and neither is a refusal of the egress policy.
    private static boolean isTrouble(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Failed failed ->
                failed.response() == null || failed.response().status() >= 500;
            case CallOutcome.TimedOut _ -> true;
            case CallOutcome.Rejected rejected -> rejected.type() != RejectionType.EGRESS_DENIED;
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Cancelled _ -> false;
        };
    }
}
