package dev.muster.call;

import dev.muster.cache.DeltaSeconds;
import dev.muster.cache.HttpDate;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.Phase;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.CallPlan;
import dev.muster.request.RequestMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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
        RequestMessage message = call.message();
        return IDEMPOTENT.contains(message.method()) || message.headers().containsKey(IDEMPOTENCY_KEY);
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

    /// Whether another attempt was not made. One that was refused leaves the failure that it was to mend.
    static boolean isRefused(CallOutcome outcome) {
        return outcome instanceof CallOutcome.Rejected rejected && rejected.type() != RejectionType.EGRESS_DENIED;
    }

    /// How long the upstream asked to be left alone (`Retry-After`, in seconds or as a date), or `null` if it said
    /// nothing that can be read. Of several times it is the longest, and none is too long to be said here.
    ///
    /// @param received when the outcome came. A date counts from the response's own `Date` where there is one, so
    ///                 that no two clocks have to agree
    static @Nullable Duration after(CallOutcome outcome, Instant received) {
        if (!(outcome instanceof CallOutcome.Failed failed) || failed.response() == null) {
            return null;
        }
        UpstreamResponse response = failed.response();
        Duration longest = null;
        for (String line : response.headers().getOrDefault("retry-after", List.of())) {
            Instant until = HttpDate.parse(line);
            List<String> times = until == null ? List.of(line.split(",")) : List.of();
            Duration asked = until == null ? null : until(until, response, received);
            for (String time : times) {
                asked = longer(asked, seconds(time.strip()));
            }
            longest = longer(longest, asked);
        }
        return longest;
    }

    private static Duration until(Instant until, UpstreamResponse response, Instant received) {
        String date = response.header("date");
        Instant said = date == null ? null : HttpDate.parse(date);
        Duration between = Duration.between(said == null ? received : said, until);
        if (between.isNegative()) {
            return Duration.ZERO;
        }
        return between.compareTo(DeltaSeconds.FOREVER) > 0 ? DeltaSeconds.FOREVER : between;
    }

    /// A fraction of a second is against the rules, but leaves no doubt.
    private static @Nullable Duration seconds(String text) {
        int point = text.indexOf('.');
        if (point < 0) {
            return DeltaSeconds.parse(text);
        }
        Duration whole = DeltaSeconds.parse(text.substring(0, point));
        return whole == null || DeltaSeconds.parse(text.substring(point + 1)) == null ? null : whole.plusSeconds(1);
    }

    private static @Nullable Duration longer(@Nullable Duration one, @Nullable Duration other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) >= 0 ? one : other;
    }
}
