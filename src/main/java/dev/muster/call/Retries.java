package dev.muster.call;

import dev.muster.cache.HttpDate;
import dev.muster.plan.CallPlan;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which calls may be made again, and after which outcomes that is worthwhile.
final class Retries {

    /// RFC 9110, section 9.2.2.
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE");

    /// Its holder has the upstream recognise a repeated request.
    private static final String IDEMPOTENCY_KEY = "idempotency-key";

    private Retries() {}

    /// Whether making `call` twice does no more than making it once.
    static boolean mayRepeat(CallPlan call) {
        return IDEMPOTENT.contains(call.method()) || call.headers().containsKey(IDEMPOTENCY_KEY);
    }

    /// Whether another attempt may well end otherwise than with `outcome`.
    static boolean isWorthwhile(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Failed failed ->
                switch (failed.type()) {
                    case CONNECT_FAILED, CONNECTION_RESET, DNS_FAILED -> true;
                    case HTTP_STATUS ->
                        failed.response() != null
                                && isTransient(failed.response().status());
                    case TLS_FAILED, PROTOCOL_ERROR, RESPONSE_TOO_LARGE -> false;
                };
            case CallOutcome.TimedOut timedOut -> timedOut.phase() == Phase.CONNECT;
            case CallOutcome.Succeeded _, CallOutcome.FellBack _, CallOutcome.Rejected _, CallOutcome.Cancelled _ ->
                false;
        };
    }

    private static boolean isTransient(int status) {
        return switch (status) {
            case 429, 502, 503, 504 -> true;
            default -> false;
        };
    }

    /// How long the upstream asked to be left alone (`Retry-After`, in seconds or as a date), or `null`. A date
    /// counts from the response's own `Date`, so that no two clocks have to agree.
    static @Nullable Duration after(CallOutcome outcome) {
        if (!(outcome instanceof CallOutcome.Failed failed) || failed.response() == null) {
            return null;
        }
        HttpHeaders headers = failed.response().headers();
        String value = headers.get(HttpHeaderNames.RETRY_AFTER);
        if (value == null) {
            return null;
        }
        String text = value.strip();
        if (!text.isEmpty() && text.length() <= 9 && text.chars().allMatch(digit -> digit >= '0' && digit <= '9')) {
            return Duration.ofSeconds(Long.parseLong(text));
        }
        String date = headers.get(HttpHeaderNames.DATE);
        Instant until = HttpDate.parse(text);
        Instant from = date == null ? null : HttpDate.parse(date);
        if (until == null || from == null) {
            return null;
        }
        Duration between = Duration.between(from, until);
        return between.isNegative() ? Duration.ZERO : between;
    }
}
