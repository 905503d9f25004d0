package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetriesTest {

    /// A date counts from the response's own `Date`.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2                             |                               | PT2S
            0                             |                               | PT0S
            Sun, 06 Nov 1994 08:49:40 GMT | Sun, 06 Nov 1994 08:49:37 GMT | PT3S
            Sun, 06 Nov 1994 08:49:30 GMT | Sun, 06 Nov 1994 08:49:37 GMT | PT0S
            Sun, 06 Nov 1994 08:49:40 GMT |                               |
            Sun, 06 Nov 1994 08:49:40 GMT | yesterday                     |
            soon                          | Sun, 06 Nov 1994 08:49:37 GMT |
            -1                            | Sun, 06 Nov 1994 08:49:37 GMT |
                                          | Sun, 06 Nov 1994 08:49:37 GMT |
            """)
    void readsHowLongTheUpstreamAskedToBeLeftAlone(
            @Nullable String retryAfter, @Nullable String date, @Nullable Duration expected) {
        var headers = new DefaultHttpHeaders();
        if (retryAfter != null) {
            headers.set("retry-after", retryAfter);
        }
        if (date != null) {
            headers.set("date", date);
        }
        var failed = new CallOutcome.Failed(
                CallPlans.at(0).build(),
                Trace.NONE,
                FailureType.HTTP_STATUS,
                "the status is 503",
                new UpstreamResponse(503, headers, new byte[0]));

        assertThat(Retries.after(failed)).isEqualTo(expected);
    }
}
