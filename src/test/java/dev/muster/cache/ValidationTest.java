package dev.muster.cache;

import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.headers;
import static dev.muster.cache.CachedService.ok;
import static dev.muster.cache.CachedService.response;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is asked about a stale response, and what the answer does to it: RFC 9111, section 4.3, and RFC 5861.
class ValidationTest {

    private static final String MONDAY = "Mon, 05 Jan 2026 00:00:00 GMT";
    private static final String SUNDAY = "Sun, 04 Jan 2026 00:00:00 GMT";

    private final CachedService service = new CachedService();

    /// Section 4.3.1.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "etag: \"1\"                         | if-none-match: \"1\"",
                "etag: W/\"1\"                       | if-none-match: W/\"1\"",
                "last-modified: " + SUNDAY + "       | if-modified-since: " + SUNDAY,
                "etag: \"1\"; last-modified: " + SUNDAY + " | if-none-match: \"1\"; if-modified-since: " + SUNDAY
            })
    void theValidatorsOfAStaleResponseAreAskedAbout(String validators, String conditions) {
        service.store(get("/x", ""), ok("cache-control: max-age=60; " + validators, "b"));

        assertThat(stale(get("/x", "")).conditionalHeaders()).isEqualTo(headers(conditions));
    }

    /// Section 4.3.2.
    @ParameterizedTest
    @ValueSource(strings = {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range"})
    void aCallersOwnConditionIsTheUpstreamsToJudge(String condition) {
        service.store(get("/x", ""), ok("cache-control: max-age=60; etag: \"1\"", "b"));
        CacheRequest conditional = get("/x", condition + ": \"1\"");

        assertThat(service.look(conditional)).isEqualTo("miss");
        service.store(conditional, response(304, "cache-control: max-age=60; etag: \"2\"", ""));
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh b");
        service.store(conditional, ok("cache-control: max-age=60; etag: \"2\"", "c"));
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh c");
    }

    /// Section 4.3.4: which responses a 304 speaks of.
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "same entity tag            | etag: \"1\"               | etag: \"1\"               | true",
                "no validator               | etag: \"1\"               |                           | true",
                "weak form of the tag       | etag: \"1\"               | etag: W/\"1\"             | true",
                "other entity tag           | etag: \"1\"               | etag: \"2\"               | false",
                "an entity tag out of thin air | last-modified: " + SUNDAY + " | etag: \"2\"        | false",
                "same date                  | last-modified: " + SUNDAY + " | last-modified: " + SUNDAY + " | true",
                "other date                 | last-modified: " + SUNDAY + " | last-modified: " + MONDAY + " | false",
                "same tag, other date       | etag: \"1\"; last-modified: " + SUNDAY + " | etag: \"1\"; last-modified: "
                        + MONDAY + " | true",
                "no tag, other date         | etag: \"1\"; last-modified: " + SUNDAY + " | last-modified: " + MONDAY
                        + " | true"
            })
    void a304IsOnlyGoodForTheResponseItSpeaksOf(String rule, String stored, String notModified, boolean same) {
        service.store(get("/x", ""), ok("cache-control: max-age=60; " + stored, "b"));
        CacheLookup.Stale stale = stale(get("/x", ""));

        Optional<CacheResponse> answer = freshen(get("/x", ""), stale, notModified == null ? "" : notModified);

        assertThat(answer.isPresent()).as(rule).isEqualTo(same);
        assertThat(service.look(get("/x", ""))).as(rule).isEqualTo(same ? "fresh b" : "miss");
    }

    /// Section 3.2.
    @Test
    void a304TellsTheHeadersAnewButNotTheBody() {
        service.store(
                get("/x", ""),
                ok(
                        "cache-control: max-age=60; etag: \"1\"; date: Fri, 02 Jan 2026 03:04:05 GMT; x-a: 1; x-a: 2; x-b: 1; content-length: 1",
                        "b"));
        CacheLookup.Stale stale = stale(get("/x", ""));

        CacheResponse answer = freshen(
                        get("/x", ""),
                        stale,
                        "cache-control: max-age=120; date: Fri, 02 Jan 2026 03:05:05 GMT; x-a: 3; x-c: 1; connection: x-hop;"
                                + "x-hop: 1; content-length: 0; content-encoding: gzip; content-range: bytes 0-0/1; age: 2")
                .orElseThrow();

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).asString().isEqualTo("b");
        assertThat(answer.headers())
                .isEqualTo(
                        headers(
                                "cache-control: max-age=120; etag: \"1\"; x-a: 3; x-b: 1; content-length: 1; date: Fri, 02 Jan 2026 03:05:05 GMT; x-c: 1; age: 2"));
        service.pass(Duration.ofSeconds(117));
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh b");
        service.pass(Duration.ofSeconds(1));
        assertThat(service.look(get("/x", ""))).isEqualTo("stale b");
    }

    @Test
    void a304WithoutADateDoesNotKeepTheOldOne() {
        service.store(
                get("/x", ""), ok("cache-control: max-age=60; etag: \"1\"; date: Fri, 02 Jan 2026 03:04:05 GMT", "b"));

        CacheResponse answer = freshen(get("/x", ""), stale(get("/x", "")), "").orElseThrow();

        assertThat(answer.headers()).isEqualTo(headers("cache-control: max-age=60; etag: \"1\"; age: 0"));
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh b");
    }

    @Test
    void a304ThatForbidsToStoreIsAnsweredAndNotStored() {
        service.store(get("/x", ""), ok("cache-control: max-age=60; etag: \"1\"", "b"));

        assertThat(freshen(get("/x", ""), stale(get("/x", "")), "cache-control: no-store"))
                .isPresent();
        assertThat(service.look(get("/x", ""))).isEqualTo("miss");
    }

    @Test
    void a304ThatMakesAResponsePrivateKeepsItForTheOneWhoAsked() {
        service.store(as("ann", ""), ok("cache-control: max-age=60, public; etag: \"1\"", "b"));

        assertThat(freshen(as("bob", ""), stale(as("bob", "")), "cache-control: max-age=60, private"))
                .isPresent();
        assertThat(service.look(as("bob", ""))).isEqualTo("fresh b");
        assertThat(service.look(as("ann", ""))).isEqualTo("stale b");
    }

    @Test
    void aFullAnswerReplacesTheStaleOne() {
        service.store(get("/x", ""), ok("cache-control: max-age=60; etag: \"1\"", "b"));
        stale(get("/x", ""));

        service.store(get("/x", ""), ok("cache-control: max-age=60; etag: \"2\"", "c"));

        assertThat(service.look(get("/x", ""))).isEqualTo("fresh c");
    }

    /// RFC 5861, section 4, and RFC 9111, section 4.2.4.
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "not said                       | max-age=60                                     |                    | 61 | miss",
                "within                         | max-age=60, stale-if-error=10                  |                    | 70 | stale-or-error b",
                "though never fresh             | max-age=0, stale-if-error=10                   |                    | 5  | stale-or-error b",
                "beyond                         | max-age=60, stale-if-error=10                  |                    | 71 | miss",
                "invalid means 0                | max-age=60, stale-if-error=x                   |                    | 61 | miss",
                "said by the request            | max-age=60                                     | stale-if-error=10  | 70 | stale-or-error b",
                "request, beyond                | max-age=60                                     | stale-if-error=10  | 71 | miss",
                "the longer of the two          | max-age=60, stale-if-error=10                  | stale-if-error=5   | 70 | stale-or-error b",
                "fresh, but too old for it      | max-age=60, stale-if-error=10                  | max-age=5          | 10 | stale-or-error b",
                "must-revalidate                | max-age=60, stale-if-error=10, must-revalidate |                    | 61 | miss",
                "must-revalidate, by request    | max-age=60, must-revalidate                    | stale-if-error=10  | 61 | miss",
                "proxy-revalidate               | max-age=60, stale-if-error=10, proxy-revalidate|                    | 61 | miss",
                "s-maxage is proxy-revalidate   | s-maxage=60, stale-if-error=10                 |                    | 61 | miss",
                "no-cache                       | max-age=60, stale-if-error=10, no-cache        |                    | 10 | miss",
                "no-cache in the request        | max-age=60, stale-if-error=10                  | no-cache           | 10 | miss",
                "only-if-cached                 | max-age=60, stale-if-error=10                  | only-if-cached     | 61 | 504"
            })
    void aStaleResponseMayStandForAnError(String rule, String stored, String wanted, long after, String found) {
        service.store(get("/x", ""), ok("cache-control: " + stored, "b"));
        service.pass(Duration.ofSeconds(after));

        String control = wanted == null ? "" : "cache-control: " + wanted;
        assertThat(service.look(get("/x", control))).as(rule).isEqualTo(found);
    }

    @Test
    void whatStandsForAnErrorSaysItsAge() {
        service.store(get("/x", ""), ok("cache-control: max-age=60, stale-if-error=600", "b"));
        service.pass(Duration.ofSeconds(90));

        assertThat(service.cache.lookup(get("/x", ""))).isInstanceOfSatisfying(CacheLookup.Stale.class, stale -> {
            assertThat(stale.conditionalHeaders()).isEqualTo(Map.of());
            assertThat(stale.onError())
                    .isNotNull()
                    .extracting(CacheResponse::headers)
                    .isEqualTo(headers("cache-control: max-age=60, stale-if-error=600; age: 90"));
        });
    }

    @Test
    void aResponseThatMustBeRevalidatedIsAskedAboutAndNotServedOnError() {
        service.store(
                get("/x", ""), ok("cache-control: max-age=60, stale-if-error=600, must-revalidate; etag: \"1\"", "b"));

        assertThat(stale(get("/x", "")).onError()).isNull();
    }

    /// What a lookup says a minute later.
    private CacheLookup.Stale stale(CacheRequest request) {
        service.pass(Duration.ofMinutes(1));
        return (CacheLookup.Stale) service.cache.lookup(request);
    }

    private Optional<CacheResponse> freshen(CacheRequest request, CacheLookup.Stale stale, String notModified) {
        return service.cache.freshen(request, stale, response(304, notModified, ""), service.now(), service.now());
    }
}
