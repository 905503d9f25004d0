package dev.muster.cache;

import static dev.muster.cache.CachedService.START;
import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.headers;
import static dev.muster.cache.CachedService.ok;
import static dev.muster.cache.CachedService.request;
import static dev.muster.cache.CachedService.response;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LastGoodTest {

    private static final int MAX_BYTES = 256 * 1024;

    private Instant now = START;
    private final LastGood lastGood = new LastGood(MAX_BYTES, Duration.ofMinutes(10), () -> now);

    @Test
    void theLastGoodResponseIsFoundUntilItIsTooOld() {
        keep(get("/x", ""), ok("x-a: 1", "first"));
        pass(Duration.ofMinutes(1));
        keep(get("/x", ""), ok("x-a: 2", "last"));

        pass(Duration.ofMinutes(10).minusMillis(1));
        assertThat(body(get("/x", ""))).contains("last");
        pass(Duration.ofMillis(1));
        assertThat(body(get("/x", ""))).isEmpty();
    }

    @Test
    void itSaysItsAge() {
        keep(get("/x", ""), ok("age: 5; connection: close", "b"));
        pass(Duration.ofMinutes(1));

        assertThat(lastGood.find(get("/x", "")).orElseThrow().headers()).isEqualTo(headers("age: 65"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "no lifetime is needed               | ann | ''               | ''                  | ann | ''               | true",
                "nor is a stale one a matter         | ann | ''               | must-revalidate, no-cache, max-age=0 | ann | '' | true",
                "other principal                     | ann | ''               | ''                  | bob | ''               | false",
                "public is for everyone              | ann | ''               | public              | bob | ''               | true",
                "same principal and credentials      | ann | authorization: 1 | ''                  | ann | authorization: 1 | true",
                "other credentials                   | ann | authorization: 1 | ''                  | ann | authorization: 2 | false",
                "without the credentials             | ann | cookie: 1        | ''                  | ann | ''               | false",
                "credentials, other principal        | ann | authorization: 1 | ''                  | bob | authorization: 1 | false",
                "private, asker known                | ann | ''               | private             | ann | ''               | true",
                "private, asker unknown              | -   | ''               | private             | -   | ''               | false",
                "no-store in the response            | ann | ''               | no-store            | ann | ''               | false",
                "no-store in the request             | ann | cache-control: no-store | ''           | ann | ''               | false",
                "no-cache in the request             | ann | ''               | ''                  | ann | cache-control: no-cache | true",
                "a part                              | ann | ''               | ''                  | ann | range: bytes=0-1 | false",
                "of a part                           | ann | range: bytes=0-1 | ''                  | ann | ''               | false"
            })
    void nobodyIsToldWhatWasMeantForAnother(
            String rule, String owner, String owned, String control, String asker, String asked, boolean found) {
        keep(as(owner, owned), ok(control.isEmpty() ? "" : "cache-control: " + control, "b"));

        assertThat(body(as(asker, asked)).isPresent()).as(rule).isEqualTo(found);
    }

    @Test
    void varyIsHeeded() {
        keep(get("/x", "user-agent: a"), ok("vary: user-agent", "for a"));
        keep(get("/x", "user-agent: b"), ok("vary: user-agent", "for b"));
        keep(get("/y", ""), ok("vary: *", "for nobody"));

        assertThat(body(get("/x", "user-agent: a"))).contains("for a");
        assertThat(body(get("/x", "user-agent: b"))).contains("for b");
        assertThat(body(get("/x", ""))).isEmpty();
        assertThat(body(get("/y", ""))).isEmpty();
    }

    @Test
    void whatIsNotWholeOrNoGetIsNotKept() {
        keep(get("/x", ""), response(206, "", "part"));
        keep(get("/x", "if-none-match: \"1\""), response(304, "", ""));
        keep(request("POST", "/x", "", null), ok("", "posted"));

        assertThat(body(get("/x", ""))).isEmpty();
        assertThat(body(request("POST", "/x", "", null))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "200, true",
        "201, true",
        "203, true",
        "204, true",
        "206, false",
        "226, false",
        "299, true",
        "301, false",
        "304, false",
        "404, false",
        "418, false",
        "429, false",
        "500, false",
        "503, false"
    })
    void onlyWhatTheServiceItselfCallsGoodIsKept(int status, boolean kept) {
        keep(get("/x", ""), response(status, "cache-control: public", "b"));

        assertThat(body(get("/x", "")).isPresent()).isEqualTo(kept);
    }

    @Test
    void tenThousandUrisLeaveAtMostTheConfiguredBytes() {
        for (int i = 0; i < 10_000; i++) {
            keep(get("/items/" + i, ""), ok("", "x".repeat(1_000)));
        }

        assertThat(lastGood.bytes()).isBetween(MAX_BYTES / 2L, (long) MAX_BYTES);
    }

    private void pass(Duration time) {
        now = now.plus(time);
    }

    private void keep(CacheRequest request, CacheResponse response) {
        lastGood.keep(request, response, now);
    }

    private Optional<String> body(CacheRequest request) {
        return lastGood.find(request).map(response -> new String(response.body(), UTF_8));
    }
}
