package dev.muster.cache;

import static dev.muster.cache.CachedService.as;
import static dev.muster.cache.CachedService.ok;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who may be answered with what another was answered: RFC 9111, sections 3, 3.5 and 5.2.2.
class AudienceTest {

    private static final String NOBODY = "-";

    private final CachedService service = new CachedService();

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            nullValues = NOBODY,
            value = {
                "private by default: same principal           | ann | ''               | max-age=60                   | ann | ''               | true",
                "private by default: other principal          | ann | ''               | max-age=60                   | bob | ''               | false",
                "private by default: no principal             | ann | ''               | max-age=60                   | -   | ''               | false",
                "private by default: from no principal        | -   | ''               | max-age=60                   | ann | ''               | false",
                "without principals there is one cache        | -   | ''               | max-age=60                   | -   | ''               | true",
                "5.2.2.7 private: same principal              | ann | ''               | max-age=60, private          | ann | ''               | true",
                "5.2.2.7 private: other principal             | ann | ''               | max-age=60, private          | bob | ''               | false",
                "5.2.2.7 private outdoes public               | ann | ''               | max-age=60, private, public  | bob | ''               | false",
                "5.2.2.7 private outdoes s-maxage             | ann | ''               | private, s-maxage=60, max-age=60 | bob | ''           | false",
                "3.5 same credentials                         | ann | authorization: 1 | max-age=60                   | ann | authorization: 1 | true",
                "3.5 same credentials, other principal        | ann | authorization: 1 | max-age=60                   | bob | authorization: 1 | false",
                "3.5 other credentials, same principal        | ann | authorization: 1 | max-age=60                   | ann | authorization: 2 | false",
                "3.5 credentials left out                     | ann | authorization: 1 | max-age=60                   | ann | ''               | false",
                "3.5 no principal, same credentials           | -   | authorization: 1 | max-age=60, private          | -   | authorization: 1 | true",
                "3.5 no principal, other credentials          | -   | authorization: 1 | max-age=60                   | -   | authorization: 2 | false",
                "3.5 must-revalidate alone is not enough      | ann | authorization: 1 | max-age=60, must-revalidate  | bob | authorization: 2 | false",
                "3.5 public allows to share                   | ann | authorization: 1 | max-age=60, public           | bob | authorization: 2 | true",
                "3.5 public allows to share with anyone       | ann | authorization: 1 | max-age=60, public           | -   | ''               | true",
                "3.5 s-maxage allows to share                 | ann | authorization: 1 | s-maxage=60                  | bob | ''               | true",
                "a cookie is a credential                     | ann | cookie: 1        | max-age=60                   | ann | cookie: 2        | false",
                "the same cookie                              | ann | cookie: 1        | max-age=60                   | ann | cookie: 1        | true",
                "public allows to share in spite of a cookie  | ann | cookie: 1        | max-age=60, public           | bob | cookie: 2        | true",
                "a key in a header of any name                | -   | x-api-key: 1     | max-age=60                   | -   | x-api-key: 2     | false",
                "a tenant in a header of any name             | ann | x-tenant: 1      | max-age=60                   | ann | x-tenant: 2      | false",
                "what negotiates without Vary                 | ann | accept: a/b      | max-age=60                   | ann | accept: c/d      | false",
                "the page that a link is on says something    | ann | referer: 1       | max-age=60                   | ann | referer: 2       | false",
                "the trace of a request says nothing          | ann | traceparent: 1   | max-age=60                   | ann | x-request-id: 2  | true",
                "the user agent says nothing                  | ann | user-agent: 1    | max-age=60                   | ann | user-agent: 2    | true"
            })
    void aResponseIsForEveryoneOrForItsAsker(
            String rule, String owner, String owned, String control, String asker, String asked, boolean answered) {
        service.store(as(owner, owned), ok("cache-control: " + control, "b"));

        assertThat(service.look(as(asker, asked))).as(rule).isEqualTo(answered ? "fresh b" : "miss");
    }

    @Test
    void aCookieThatIsSetIsForNobodyElse() {
        service.store(as("ann", ""), ok("cache-control: public, max-age=60; set-cookie: id=ann", "b"));

        assertThat(service.look(as("ann", ""))).isEqualTo("fresh b");
        assertThat(service.look(as("bob", ""))).isEqualTo("miss");
    }

    @Test
    void noOtherHeadersAreTakenForTheSameOnes() {
        var split = new CacheRequest("GET", as(null, "").uri(), Map.of("a", List.of("x", "b", "c")), false, null);
        service.store(as(null, "a: x; b: c"), ok("cache-control: max-age=60", "b"));

        assertThat(service.look(split)).isEqualTo("miss");
        assertThat(service.look(as(null, "b: c; a: x"))).isEqualTo("fresh b");
    }

    @Test
    void theNewerOfOnesOwnAndEveryonesIsUsed() {
        service.store(as("ann", ""), ok("cache-control: max-age=60", "own"));
        service.pass(Duration.ofSeconds(5));
        service.store(as("bob", ""), ok("cache-control: max-age=60, public", "shared"));

        assertThat(service.look(as("ann", ""))).isEqualTo("fresh shared");

        service.pass(Duration.ofSeconds(5));
        service.store(as("ann", "cache-control: no-cache"), ok("cache-control: max-age=60", "own again"));
        assertThat(service.look(as("ann", ""))).isEqualTo("fresh own again");
        assertThat(service.look(as("bob", ""))).isEqualTo("fresh shared");
    }
}
