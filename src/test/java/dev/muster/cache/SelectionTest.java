package dev.muster.cache;

import static dev.muster.cache.CachedService.get;
import static dev.muster.cache.CachedService.ok;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which stored response a request selects: RFC 9111, sections 2, 4 and 4.1.
class SelectionTest {

    private final CachedService service = new CachedService();

    @ParameterizedTest
    @CsvSource({
        "http://a.test/x, http://a.test/x, true",
        "http://a.test/x, HTTP://A.Test:80/x, true",
        "https://a.test/x, https://a.test:443/x, true",
        "http://a.test, http://a.test/, true",
        "http://a.test/x#a, http://a.test/x#b, true",
        "http://a.test?q, http://a.test/?q, true",
        "http://a.test/x, https://a.test/x, false",
        "http://a.test/x, http://a.test:81/x, false",
        "http://a.test/x, http://b.test/x, false",
        "http://a.test/x, http://a.test/X, false",
        "http://a.test/x, http://a.test/x/, false",
        "http://a.test/x, http://a.test/x?, false",
        "http://a.test/x?a=1&b=2, http://a.test/x?b=2&a=1, false",
        "http://a.test/a%2Fb, http://a.test/a/b, false",
        "http://foo_bar/x, http://foo_baz/x, false"
    })
    void oneResourceHasOneKey(String stored, String asked, boolean same) {
        service.store(get(stored, ""), ok("cache-control: max-age=60, public", "b"));

        assertThat(service.look(get(asked, ""))).isEqualTo(same ? "fresh b" : "miss");
    }

    @ParameterizedTest(name = "4.1 {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "same value                   | accept           | accept: a/b            | accept: a/b            | true",
                "other value                  | accept           | accept: a/b            | accept: c/d            | false",
                "case of the name             | ACCEPT           | accept: a/b            | Accept: a/b            | true",
                "absent in both               | accept           |                        |                        | true",
                "absent in the stored request | accept           |                        | accept: a/b            | false",
                "absent in the new request    | accept           | accept: a/b            |                        | false",
                "empty is not absent          | accept           | accept:                |                        | false",
                "what is not named            | accept           | accept: a/b; x: 1      | accept: a/b; x: 2      | true",
                "all names, first             | accept, x        | accept: a/b; x: 1      | accept: c/d; x: 1      | false",
                "all names, last              | accept, x        | accept: a/b; x: 1      | accept: a/b; x: 2      | false",
                "names on another line        | accept; vary: x  | accept: a/b; x: 1      | accept: a/b; x: 2      | false",
                "lines are a list             | accept           | accept: a; accept: b   | accept: a, b           | true",
                "order of lines               | accept           | accept: a; accept: b   | accept: b; accept: a   | false",
                "empty members                | , ,              | accept: a/b            | accept: c/d            | true",
                "public with Vary: cookie     | cookie           | cookie: 1              | cookie: 2              | false"
            })
    void varySelects(String rule, String vary, String storedHeaders, String askedHeaders, boolean selected) {
        service.store(get("/x", storedHeaders), ok("cache-control: max-age=60, public; vary: " + vary, "b"));

        assertThat(service.look(get("/x", askedHeaders))).as(rule).isEqualTo(selected ? "fresh b" : "miss");
    }

    @Test
    void variantsAreKeptSideBySide() {
        service.store(
                get("/x", "accept-language: de"),
                ok("cache-control: public, max-age=60; vary: accept-language", "Tisch"));
        service.store(
                get("/x", "accept-language: en"),
                ok("cache-control: public, max-age=60; vary: accept-language", "table"));

        assertThat(service.look(get("/x", "accept-language: de"))).isEqualTo("fresh Tisch");
        assertThat(service.look(get("/x", "accept-language: en"))).isEqualTo("fresh table");
    }

    @Test
    void aNewAnswerReplacesAllThatItsRequestSelected() {
        service.store(get("/x", "accept: a"), ok("cache-control: public, max-age=60", "for all"));
        service.store(
                get("/x", "accept: a; cache-control: no-cache"),
                ok("cache-control: public, max-age=60; vary: accept", "for a"));

        assertThat(service.look(get("/x", "accept: a"))).isEqualTo("fresh for a");
        assertThat(service.look(get("/x", "accept: b"))).isEqualTo("miss");
    }

    @Test
    void theMostRecentOfSeveralByDateIsUsed() {
        service.store(
                get("/x", "x: 1"),
                ok("cache-control: public, max-age=600; vary: x; date: Fri, 02 Jan 2026 03:04:00 GMT", "newer"));
        service.pass(Duration.ofSeconds(1));
        service.store(
                get("/x", "x: 2; y: 1"),
                ok("cache-control: public, max-age=600; vary: y; date: Fri, 02 Jan 2026 03:03:00 GMT", "older"));

        assertThat(service.look(get("/x", "x: 1; y: 1"))).isEqualTo("fresh newer");
        assertThat(service.look(get("/x", "x: 2; y: 1"))).isEqualTo("fresh older");
    }

    @Test
    void ofVariantsWithoutEndTheNewestAreKept() {
        for (int i = 0; i < 100; i++) {
            service.store(get("/x", "x: " + i), ok("cache-control: public, max-age=60; vary: x", "b" + i));
        }

        assertThat(service.look(get("/x", "x: 99"))).isEqualTo("fresh b99");
        assertThat(service.look(get("/x", "x: 84"))).isEqualTo("fresh b84");
        assertThat(service.look(get("/x", "x: 83"))).isEqualTo("miss");
    }
}
