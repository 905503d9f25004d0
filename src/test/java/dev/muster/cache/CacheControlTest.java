package dev.muster.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 9111, section 5.2.
class CacheControlTest {

    private static final Duration FOREVER = Duration.ofSeconds(2_147_483_648L);

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "max-age=60                             | 60",
                "MAX-Age=60                             | 60",
                "  max-age = 60 ,, public               | 60",
                "max-age=\"60\"                         | 60",
                "foo=\"max-age=1, x\", max-age=60       | 60",
                "foo=\"a\\\", max-age=1\", max-age=60   | 60",
                "max-age=60, max-age=30                 | 30",
                "max-age=0060                           | 60",
                "max-age=2147483647                     | 2147483647",
                "max-age=2147483648                     | 2147483648",
                "max-age=99999999999                    | 2147483648",
                "max-age=99999999999999999999999999999  | 2147483648",
                "max-age=00000000000000000000000000060  | 60",
                "max-age                                | 0",
                "max-age=                               | 0",
                "max-age=-1                             | 0",
                "max-age=1.5                            | 0",
                "max-age=60s                            | 0",
                "max-age=60;x                           | 0",
                "max-age='60'                           | 0",
                "max-age=\"60                           | 0",
                "max-age=\u0666\u0660                   | 0",
                "max-age=60, max-age=x                  | 0"
            })
    void theLeastLifetimeCountsAndAnInvalidOneIsZero(String line, long seconds) {
        assertThat(CacheControl.parse(List.of(line)).least("max-age")).isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "=", "max-age-x=5", "x=\"max-age=60\"", "x max-age=60"})
    void aDirectiveThatIsNotThereHasNoValue(String line) {
        CacheControl control = CacheControl.parse(List.of(line));

        assertThat(control.has("max-age")).isFalse();
        assertThat(control.least("max-age")).isNull();
        assertThat(control.greatest("max-age")).isNull();
        assertThat(control.isBare("max-age")).isFalse();
    }

    @Test
    void theMostFreshnessDemandedCountsAndAnInvalidOneIsForever() {
        assertThat(CacheControl.parse(List.of("min-fresh=5", "min-fresh=7")).greatest("min-fresh"))
                .isEqualTo(Duration.ofSeconds(7));
        assertThat(CacheControl.parse(List.of("min-fresh=5, min-fresh")).greatest("min-fresh"))
                .isEqualTo(FOREVER);
    }

    @Test
    void aQuoteThatIsNotClosedHidesNoDirective() {
        CacheControl control = CacheControl.parse(List.of("max-age=60, private=\"x-user, no-store"));

        assertThat(Stream.of("private", "no-store", "max-age")).allMatch(control::has);
    }

    @Test
    void directivesOfAllLinesCount() {
        CacheControl control = CacheControl.parse(List.of("max-age=60", "no-cache=\"x-user\", Private"));

        assertThat(Stream.of("max-age", "no-cache", "private")).allMatch(control::has);
    }

    @Test
    void aDirectiveIsBareOnlyWhereItNeverHasAnArgument() {
        assertThat(CacheControl.parse(List.of("max-stale")).isBare("max-stale")).isTrue();
        assertThat(CacheControl.parse(List.of("max-stale, max-stale=3")).isBare("max-stale"))
                .isFalse();
    }
}
