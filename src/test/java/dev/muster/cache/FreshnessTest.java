package dev.muster.cache;

import static dev.muster.cache.CachedService.START;
import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.ok;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// For how long a response is fresh, and what it may do afterwards: RFC 9111, sections 4.2 and 5.
class FreshnessTest {

    private final CachedService service = new CachedService();

    /// It is Fri, 02 Jan 2026 03:04:05 GMT.
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "4.2.1 max-age                          | cache-control: max-age=60                                        | 60",
                "4.2.1 max-age outdoes Expires          | cache-control: max-age=60; expires: Fri, 02 Jan 2026 03:04:15 GMT | 60",
                "4.2.1 also an Expires that is past     | cache-control: max-age=60; expires: 0                            | 60",
                "4.2.1 s-maxage outdoes max-age         | cache-control: max-age=60, s-maxage=30                           | 30",
                "4.2.1 s-maxage needs no max-age        | cache-control: s-maxage=30                                       | 30",
                "4.2.1 the least of several             | cache-control: max-age=60; cache-control: max-age=20             | 20",
                "4.2.1 invalid means stale              | cache-control: max-age=x; expires: Fri, 02 Jan 2026 03:04:15 GMT | 0",
                "5.3 Expires without Date               | expires: Fri, 02 Jan 2026 03:04:15 GMT                           | 10",
                "5.3 Expires counts from Date           | expires: Fri, 02 Jan 2026 03:04:15 GMT; date: Fri, 02 Jan 2026 03:04:00 GMT | 10",
                "5.3 also where that clock is ahead     | expires: Fri, 02 Jan 2026 04:04:15 GMT; date: Fri, 02 Jan 2026 04:04:05 GMT | 10",
                "5.3 Expires in the past                | expires: Fri, 02 Jan 2026 03:04:04 GMT                           | 0",
                "5.3 Expires: 0                         | expires: 0                                                       | 0",
                "5.3 Expires in an old format           | expires: Friday, 02-Jan-26 03:04:15 GMT                          | 10",
                "4.2.1 several Expires                  | expires: Fri, 02 Jan 2026 03:04:15 GMT; expires: Fri, 02 Jan 2026 03:04:25 GMT | 0",
                "4.2.2 no heuristic                     | last-modified: Thu, 01 Jan 2026 00:00:00 GMT                     | 0",
                "4.2.3 Age counts                       | cache-control: max-age=60; age: 45                               | 15",
                "4.2.3 an old Date counts               | cache-control: max-age=60; date: Fri, 02 Jan 2026 03:03:35 GMT   | 30",
                "4.2.3 the greater of the two           | cache-control: max-age=60; date: Fri, 02 Jan 2026 03:03:35 GMT; age: 50 | 10",
                "4.2.3 a Date in the future does not    | cache-control: max-age=60; date: Fri, 02 Jan 2026 03:14:05 GMT   | 60",
                "4.2.3 an invalid Date does not         | cache-control: max-age=60; date: yesterday                       | 60",
                "5.1 invalid Age is ignored             | cache-control: max-age=60; age: -5                               | 60",
                "5.1 the first of several ages          | cache-control: max-age=60; age: 10, 50                           | 50",
                "5.1 also on another line               | cache-control: max-age=60; age: 10; age: 50                      | 50",
                "RFC 8246 immutable adds nothing        | cache-control: max-age=60, immutable                             | 60"
            })
    void aResponseIsFreshForItsLifetime(String rule, String headers, long seconds) {
        service.store(get("/x", ""), ok("etag: \"1\"; " + headers, "b"));

        if (seconds > 0) {
            service.pass(Duration.ofSeconds(seconds).minusMillis(1));
            assertThat(service.look(get("/x", ""))).as(rule).isEqualTo("fresh b");
            service.pass(Duration.ofMillis(1));
        }
        assertThat(service.look(get("/x", ""))).as(rule).isEqualTo("stale b");
    }

    @Test
    void theTimeThatTheAnswerTookCountsAsAge() {
        service.pass(Duration.ofSeconds(40));
        service.cache.store(get("/x", ""), ok("cache-control: max-age=60; age: 15", "b"), START, service.now());

        assertThat(age(get("/x", ""))).isEqualTo("55");
        service.pass(Duration.ofSeconds(5));
        assertThat(service.look(get("/x", ""))).isEqualTo("miss");
    }

    @Test
    void whatIsServedSaysItsAge() {
        service.store(get("/x", ""), ok("cache-control: max-age=60; age: 7", "b"));
        assertThat(age(get("/x", ""))).isEqualTo("7");

        service.pass(Duration.ofMillis(3_999));
        assertThat(age(get("/x", ""))).isEqualTo("10");
    }

    @Test
    void aClockThatIsSetBackMakesNothingYounger() {
        service.store(get("/x", ""), ok("cache-control: max-age=60; age: 30", "b"));

        service.pass(Duration.ofHours(-1));

        assertThat(age(get("/x", ""))).isEqualTo("30");
    }

    @Test
    void sMaxageIsForSharedCachesOnly() {
        service.store(as("ann", ""), ok("cache-control: private, max-age=60, s-maxage=0", "b"));

        assertThat(service.look(as("ann", ""))).isEqualTo("fresh b");
    }

    @ParameterizedTest(name = "5.2.1 {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "no directive                       | max-age=60                         |                         | 10  | fresh b",
                "no-cache                           | max-age=60                         | no-cache                | 10  | stale b",
                "no-cache, though immutable         | max-age=60, immutable              | no-cache                | 10  | stale b",
                "no-store reads what is stored      | max-age=60                         | no-store                | 10  | fresh b",
                "max-age not exceeded               | max-age=60                         | max-age=10              | 10  | fresh b",
                "max-age exceeded                   | max-age=60                         | max-age=10              | 11  | stale b",
                "max-age=0, just made               | max-age=60                         | max-age=0               | 0   | fresh b",
                "max-age invalid means 0            | max-age=60                         | max-age=x               | 1   | stale b",
                "max-age does not prolong           | max-age=60                         | max-age=100             | 60  | stale b",
                "min-fresh given                    | max-age=60                         | min-fresh=20            | 40  | fresh b",
                "min-fresh not given                | max-age=60                         | min-fresh=20            | 41  | stale b",
                "min-fresh invalid is never given   | max-age=60                         | min-fresh=x             | 0   | stale b",
                "max-stale, any                     | max-age=60                         | max-stale               | 900 | fresh b",
                "max-stale, within                  | max-age=60                         | max-stale=10            | 70  | fresh b",
                "max-stale, beyond                  | max-age=60                         | max-stale=10            | 71  | stale b",
                "max-stale invalid means 0          | max-age=60                         | max-stale=x             | 61  | stale b",
                "max-stale and max-age              | max-age=60                         | max-stale, max-age=65   | 66  | stale b",
                "max-stale against must-revalidate  | max-age=60, must-revalidate        | max-stale               | 61  | stale b",
                "max-stale against no-cache         | max-age=60, no-cache               | max-stale               | 10  | stale b",
                "max-stale against proxy-revalidate | max-age=60, public, proxy-revalidate | max-stale             | 61  | stale b",
                "max-stale against s-maxage         | s-maxage=60                        | max-stale               | 61  | stale b",
                "only-if-cached, fresh              | max-age=60                         | only-if-cached          | 10  | fresh b",
                "only-if-cached, stale              | max-age=60                         | only-if-cached          | 60  | 504",
                "only-if-cached, stale is welcome   | max-age=60                         | only-if-cached, max-stale | 61 | fresh b",
                "an unknown directive               | max-age=60                         | max-vintage=0           | 10  | fresh b"
            })
    void theRequestSaysWhatItTakes(String rule, String stored, String wanted, long after, String found) {
        service.store(get("/x", ""), ok("etag: \"1\"; cache-control: " + stored, "b"));
        service.pass(Duration.ofSeconds(after));

        String control = wanted == null ? "" : "cache-control: " + wanted;
        assertThat(service.look(get("/x", control))).as(rule).isEqualTo(found);
    }

    @Test
    void aKnownAskerMayTakeStaleWhatProxiesMustNotServe() {
        service.store(as("ann", ""), ok("cache-control: max-age=60, proxy-revalidate", "b"));
        service.pass(Duration.ofSeconds(61));

        assertThat(service.look(as("ann", "cache-control: max-stale"))).isEqualTo("fresh b");
    }

    @Test
    void whatIsNotCachedIsUnsatisfiableIfOnlyTheCacheMayAnswer() {
        assertThat(service.look(get("/x", "cache-control: only-if-cached"))).isEqualTo("504");
        assertThat(service.look(get("/x", "cache-control: only-if-cached; if-none-match: \"1\"")))
                .isEqualTo("504");
    }

    /// Section 5.4.
    @Test
    void pragmaNoCacheHoldsWhereThereIsNoCacheControl() {
        service.store(get("/x", ""), ok("etag: \"1\"; cache-control: max-age=60", "b"));

        assertThat(service.look(get("/x", "pragma: no-cache"))).isEqualTo("stale b");
        assertThat(service.look(get("/x", "pragma: no-cache; cache-control: max-age=10")))
                .isEqualTo("fresh b");
    }

    private String age(CacheRequest request) {
        return service.cache.lookup(request) instanceof CacheLookup.Fresh(CacheResponse response)
                ? response.headers().getOrDefault("age", List.of()).toString().replaceAll("[\\[\\]]", "")
                : "not fresh";
    }
}
