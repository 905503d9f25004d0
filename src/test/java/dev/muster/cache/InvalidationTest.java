package dev.muster.cache;

import static dev.muster.cache.CachedService.START;
import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.ok;
import static dev.muster.cache.CachedService.request;
import static dev.muster.cache.CachedService.response;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a change of a resource does to its stored responses: RFC 9111, section 4.4.
class InvalidationTest {

    private final CachedService service = new CachedService();

    @ParameterizedTest(name = "{0} {1} {2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "POST    | 200 |                                      | true",
                "PUT     | 204 |                                      | true",
                "DELETE  | 202 |                                      | true",
                "PATCH   | 303 |                                      | true",
                "FROB    | 200 |                                      | true",
                "POST    | 400 |                                      | false",
                "POST    | 503 |                                      | false",
                "GET     | 200 |                                      | false",
                "HEAD    | 200 |                                      | false",
                "OPTIONS | 200 |                                      | false",
                "TRACE   | 200 |                                      | false"
            })
    void aSuccessfulUnsafeMethodInvalidatesItsUri(String method, int status, String headers, boolean invalidated) {
        service.store(get("/x", ""), ok("cache-control: max-age=60; etag: \"1\"", "b"));

        service.cache.invalidate(request(method, "/x", "", null), response(status, headers, ""));

        assertThat(service.look(get("/x", ""))).isEqualTo(invalidated ? "miss" : "fresh b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "location: /x                                   | true",
                "content-location: /x                           | true",
                "location: x                                    | true",
                "location: http://A.test:80/x#part              | true",
                "location: https://a.test/x                     | false",
                "location: http://b.test/x                      | false",
                "location: http://a.test:81/x                   | false",
                "content-location: //b.test/x                   | false",
                "location: /y                                   | false",
                "location: http://[                             | false",
                "location: mailto:x                             | false"
            })
    void whatTheResponseNamesInTheSameOriginIsInvalidatedToo(String named, boolean invalidated) {
        service.store(get("/x", ""), ok("cache-control: max-age=60", "b"));
        service.store(get("http://b.test/x", ""), ok("cache-control: max-age=60", "b"));

        service.cache.invalidate(request("POST", "/list", "", null), response(201, named, ""));

        assertThat(service.look(get("/x", ""))).isEqualTo(invalidated ? "miss" : "fresh b");
        assertThat(service.look(get("http://b.test/x", ""))).isEqualTo("fresh b");
    }

    @Test
    void allThatIsStoredOfTheUriIsInvalidatedWhoeverItIsFor() {
        service.store(as("ann", ""), ok("cache-control: max-age=60", "ann's"));
        service.store(as("bob", "user-agent: x"), ok("cache-control: max-age=60; vary: user-agent", "bob's"));
        service.store(as("eve", ""), ok("cache-control: max-age=60, public", "everyone's"));

        service.cache.invalidate(request("PUT", "/x", "", "eve"), response(204, "", ""));

        assertThat(service.look(as("ann", ""))).isEqualTo("miss");
        assertThat(service.look(as("bob", "user-agent: x"))).isEqualTo("miss");
        assertThat(service.look(as("eve", ""))).isEqualTo("miss");
    }

    @Test
    void anAnswerThatWasOnItsWayDuringTheChangeIsNotUsed() {
        service.pass(Duration.ofMillis(10));
        service.cache.invalidate(request("PUT", "/x", "", null), response(204, "", ""));
        service.pass(Duration.ofMillis(10));

        service.cache.store(get("/x", ""), ok("cache-control: max-age=60", "old"), START.plusMillis(5), service.now());
        assertThat(service.look(get("/x", ""))).isEqualTo("miss");

        service.cache.store(get("/x", ""), ok("cache-control: max-age=60", "new"), START.plusMillis(15), service.now());
        assertThat(service.look(get("/x", ""))).isEqualTo("fresh new");
    }

    @Test
    void aClockThatIsSetBackForgetsNoChange() {
        service.pass(Duration.ofSeconds(1));
        service.cache.invalidate(request("PUT", "/x", "", null), response(204, "", ""));
        service.pass(Duration.ofSeconds(-1));
        service.cache.invalidate(request("PUT", "/x", "", null), response(204, "", ""));

        service.cache.store(
                get("/x", ""), ok("cache-control: max-age=60", "old"), START.plusMillis(500), service.now());

        assertThat(service.look(get("/x", ""))).isEqualTo("miss");
    }

    @Test
    void whatIsStoredAfterwardsIsUsed() {
        service.cache.invalidate(request("PUT", "/x", "", null), response(204, "", ""));
        service.pass(Duration.ofMillis(1));

        service.store(get("/x", ""), ok("cache-control: max-age=60", "new"));

        assertThat(service.look(get("/x", ""))).isEqualTo("fresh new");
    }
}
