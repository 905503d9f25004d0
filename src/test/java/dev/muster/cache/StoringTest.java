package dev.muster.cache;

import static dev.muster.cache.CachedService.START;
import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.headers;
import static dev.muster.cache.CachedService.ok;
import static dev.muster.cache.CachedService.request;
import static dev.muster.cache.CachedService.response;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Which responses are stored, and what of them: RFC 9111, section 3.
class StoringTest {

    private final CachedService service = new CachedService();

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "3 explicit lifetime                   |                               | cache-control: max-age=60             | fresh b",
                "3 Expires                             |                               | expires: Fri, 02 Jan 2026 03:05:05 GMT| fresh b",
                "3 nothing that makes it reusable      |                               |                                       | miss",
                "3 public alone gives no lifetime      |                               | cache-control: public                 | miss",
                "4.2.2 no heuristic, but a validator   |                               | last-modified: Thu, 01 Jan 2026 00:00:00 GMT | stale b",
                "4.3 a validator is reason to store    |                               | etag: \"1\"                           | stale b",
                "5.2.1.5 no-store in the request       | cache-control: no-store       | cache-control: max-age=60             | miss",
                "5.2.2.5 no-store in the response      |                               | cache-control: max-age=60, no-store   | miss",
                "5.2.2.5 no-store on another line      |                               | cache-control: max-age=60; cache-control: no-store | miss",
                "5.2.2.3 no-store wins: must-understand|                               | cache-control: max-age=60, must-understand, no-store | miss",
                "5.2.2.4 no-cache without a validator  |                               | cache-control: max-age=60, no-cache   | miss",
                "5.2.2.4 no-cache with a validator     |                               | cache-control: max-age=60, no-cache; etag: \"1\" | stale b",
                "5.2.2.7 private, asker unknown        |                               | cache-control: max-age=60, private    | miss",
                "5.2.2.7 private=..., asker unknown    |                               | cache-control: max-age=60, private=\"x\" | miss",
                "5.2.2.7 a cookie names no user        | cookie: lang=en               | cache-control: max-age=60, private    | miss",
                "5.2.2.7 private, asker known          | authorization: Bearer 1       | cache-control: max-age=60, private    | fresh b",
                "5.4 Pragma in a response means nothing|                               | cache-control: max-age=60; pragma: no-cache | fresh b",
                "4.1 Vary: *                           |                               | cache-control: max-age=60; vary: *    | miss",
                "4.1 Vary: * among others              |                               | cache-control: max-age=60; vary: accept; vary: x, * | miss",
                "4.2.1 already stale and no validator  |                               | cache-control: max-age=60; age: 60    | miss"
            })
    void aResponseIsStoredByTheRules(String rule, String requestHeaders, String responseHeaders, String found) {
        CacheRequest asked = get("/x", requestHeaders);

        service.store(asked, ok(responseHeaders, "b"));

        assertThat(service.look(asked)).as(rule).isEqualTo(found);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414})
    void aStatusThatIsCacheableByDefaultIsStored(int status) {
        service.store(get("/x", ""), response(status, "cache-control: max-age=60", "b"));

        assertThat(service.look(get("/x", ""))).isEqualTo("fresh b");
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 201, 206, 302, 304, 307, 400, 401, 403, 429, 500, 501, 502, 503, 504, 299, 599})
    void anyOtherStatusIsNotStoredAndReplacesNothing(int status) {
        service.store(get("/y", ""), ok("cache-control: max-age=60", "kept"));

        service.store(get("/x", ""), response(status, "cache-control: max-age=60; etag: \"1\"", "b"));
        service.store(get("/y", ""), response(status, "cache-control: max-age=60; etag: \"1\"", "b"));

        assertThat(service.look(get("/x", ""))).isEqualTo("miss");
        assertThat(service.look(get("/y", ""))).isEqualTo("fresh kept");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD", "POST", "PUT", "OPTIONS", "QUERY", "get"})
    void onlyGetIsStoredAndAnswered(String method) {
        CacheRequest other = request(method, "/x", "", null);
        service.store(other, ok("cache-control: max-age=60", "b"));
        assertThat(service.look(get("/x", ""))).isEqualTo("miss");

        service.store(get("/x", ""), ok("cache-control: max-age=60", "b"));
        assertThat(service.look(other)).isEqualTo("miss");
    }

    @Test
    void aGetWithABodyPassesByTheCache() {
        var search = new CacheRequest("GET", URI.create("http://a.test/x"), Map.of(), true, null);
        service.store(search, ok("cache-control: max-age=60", "b"));
        assertThat(service.look(get("/x", ""))).isEqualTo("miss");

        service.store(get("/x", ""), ok("cache-control: max-age=60", "b"));
        assertThat(service.look(search)).isEqualTo("miss");
    }

    @Test
    void aRequestForAPartPassesByTheCache() {
        service.store(get("/x", ""), ok("cache-control: max-age=60", "whole"));
        service.store(get("/x", "range: bytes=0-1"), ok("cache-control: max-age=60", "part"));

        assertThat(service.look(get("/x", "range: bytes=0-1"))).isEqualTo("miss");
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh whole");
    }

    @Test
    void headersOfAConnectionAreNotStored() {
        service.store(
                get("/x", ""),
                ok(
                        "Cache-Control: max-age=60; Connection: close, X-Hop; connection: x-other; X-Hop: 1; x-other: 2;"
                                + "keep-alive: 1; te: x; trailer: x; transfer-encoding: chunked; upgrade: x;"
                                + "proxy-connection: x; proxy-authenticate: x; proxy-authentication-info: x;"
                                + "proxy-authorization: x; x-kept: 1; X-Kept: 2",
                        "b"));

        assertThat(service.cache.lookup(get("/x", "")))
                .isInstanceOfSatisfying(
                        CacheLookup.Fresh.class,
                        fresh -> assertThat(fresh.response().headers())
                                .isEqualTo(headers("cache-control: max-age=60; x-kept: 1; x-kept: 2; age: 0")));
    }

    @Test
    void whatIsStoredIsOutOfDateOnceAnAnswerMayNotBeStored() {
        service.store(get("/x", ""), ok("cache-control: max-age=60", "old"));
        service.store(get("/x", ""), ok("cache-control: max-age=60, public", "old"));

        service.pass(Duration.ofSeconds(1));
        service.store(get("/x", "cache-control: no-cache"), ok("cache-control: no-store", "new"));

        assertThat(service.look(get("/x", ""))).isEqualTo("miss");
    }

    @Test
    void aRequestThatMustNotBeStoredChangesNothing() {
        service.store(get("/x", ""), ok("cache-control: max-age=60", "old"));

        service.store(get("/x", "cache-control: no-store, no-cache"), ok("cache-control: max-age=60", "new"));

        assertThat(service.look(get("/x", ""))).isEqualTo("fresh old");
    }

    @Test
    void aSlowAnswerDoesNotReplaceOneThatWasAskedForLater() {
        service.cache.store(
                get("/x", ""), ok("cache-control: max-age=60", "new"), START.plusMillis(20), START.plusMillis(30));
        service.cache.store(get("/x", ""), ok("cache-control: max-age=60", "slow"), START, START.plusMillis(50));
        service.cache.store(get("/x", ""), ok("cache-control: no-store", "slow"), START, START.plusMillis(60));

        service.pass(Duration.ofMillis(70));
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh new");
    }

    @Test
    void nothingIsKeptForLongerThanADay() {
        String longLived = "cache-control: max-age=31536000, immutable; vary: user-agent";
        service.store(as("ann", "user-agent: a"), ok(longLived, "a"));

        service.pass(Duration.ofHours(23));
        assertThat(service.look(as("ann", "user-agent: a"))).isEqualTo("fresh a");
        // Another variant, which is kept under the same key.
        service.store(as("ann", "user-agent: b"), ok(longLived, "b"));
        service.pass(Duration.ofHours(1));
        assertThat(service.look(as("ann", "user-agent: a"))).isEqualTo("miss");
        assertThat(service.look(as("ann", "user-agent: b"))).isEqualTo("fresh b");
        service.pass(Duration.ofHours(23));
        assertThat(service.look(as("ann", "user-agent: b"))).isEqualTo("miss");
    }

    @Test
    void whatIsOfNoUseTakesNoRoom() {
        service.store(get("/x", ""), ok("cache-control: max-age=60, no-cache", "b"));
        service.store(get("/x", ""), ok("cache-control: public", "b"));
        service.store(get("/x", ""), ok("cache-control: max-age=0, must-revalidate, stale-if-error=60", "b"));

        assertThat(service.cache.bytes()).isZero();
    }

    @Test
    void whatTheCallerDoesToItsHeadersChangesNothing() {
        CacheResponse received = ok("cache-control: max-age=60; x-a: 1", "b");
        service.store(get("/x", ""), received);

        received.headers().values().forEach(List::clear);

        assertThat(service.cache.lookup(get("/x", "")))
                .isInstanceOfSatisfying(
                        CacheLookup.Fresh.class,
                        fresh -> assertThat(fresh.response().headers())
                                .isEqualTo(headers("cache-control: max-age=60; x-a: 1; age: 0")));
    }
}
