package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetriesTest {

    /// When the response came, as far as its own `Date` does not say it.
    private static final Instant RECEIVED = Instant.parse("1994-11-06T08:49:37Z");

    private static final Duration FOREVER = Duration.ofSeconds(1L << 31);

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            2                             |                               | PT2S
            0                             |                               | PT0S
            000000000000000000007         |                               | PT7S
            `  2  `                       |                               | PT2S
            999999999                     |                               | PT999999999S
            3, 120                        |                               | PT120S
            120; 3                        |                               |
            1.5                           |                               | PT2S
            .5                            |                               |
            1e3                           |                               |
            +5                            |                               |
            -1                            | Sun, 06 Nov 1994 08:49:37 GMT |
            soon                          | Sun, 06 Nov 1994 08:49:37 GMT |
            `,`                           |                               |
            ``                            |                               |
                                          | Sun, 06 Nov 1994 08:49:37 GMT |
            Sun, 06 Nov 1994 08:49:40 GMT | Sun, 06 Nov 1994 08:49:37 GMT | PT3S
            Sun, 06 Nov 1994 08:49:30 GMT | Sun, 06 Nov 1994 08:49:37 GMT | PT0S
            Sun, 06 Nov 1994 08:49:40 GMT | Sun, 06 Nov 1994 08:49:30 GMT | PT10S
            Sun, 06 Nov 1994 08:49:40 GMT |                               | PT3S
            Sun, 06 Nov 1994 08:49:40 GMT | yesterday                     | PT3S
            Sun, 06 Nov 1994 08:49:30 GMT |                               | PT0S
            """)
    void readsHowLongTheUpstreamAskedToBeLeftAlone(
            @Nullable String retryAfter, @Nullable String date, @Nullable Duration expected) {
        assertThat(after(date, retryAfter == null ? List.of() : List.of(retryAfter)))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2147483649",
                "9999999999",
                "99999999999999999999999999",
                "99999999999.9",
                "Fri, 31 Dec 9999 23:59:59 GMT",
                "3, 9999999999"
            })
    void aTimeThatIsTooLongToBeCountedIsOneThatNothingWaitsFor(String retryAfter) {
        Duration asked = after(null, List.of(retryAfter));

        assertThat(asked).isGreaterThanOrEqualTo(FOREVER);
        assertThat(Objects.requireNonNull(asked).toNanos()).isPositive();
    }

    @Test
    void ofSeveralTimesTheLongestHolds() {
        assertThat(after(null, List.of("2", "Sun, 06 Nov 1994 08:50:37 GMT", "nonsense", "30")))
                .isEqualTo(Duration.ofMinutes(1));
    }

    private static @Nullable Duration after(@Nullable String date, List<String> retryAfter) {
        Map<String, List<String>> headers = date == null
                ? Map.of("retry-after", retryAfter)
                : Map.of("retry-after", retryAfter, "date", List.of(date));
        var failed = new CallOutcome.Failed(
                CallPlans.at(0).build(),
                Trace.NONE,
                FailureType.HTTP_STATUS,
                "the status is 503",
                new UpstreamResponse(503, headers, new byte[0]));
        return Retries.after(failed, RECEIVED);
    }
}
