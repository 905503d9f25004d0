package dev.muster.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// What holds of every header that a call may have.
class HeaderPropertiesTest {

    private static final List<String> FORBIDDEN = List.of(
            "host",
            "content-length",
            "transfer-encoding",
            "expect",
            "connection",
            "keep-alive",
            "te",
            "trailer",
            "upgrade",
            "http2-settings",
            "proxy-connection",
            "proxy-authorization",
            "proxy-authenticate",
            "forwarded",
            "via",
            "x-real-ip",
            "true-client-ip",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-envoy-original-path");

    @Property(tries = 3_000)
    void whatIsAllowedCanBeWrittenAndStartsNoOtherLine(@ForAll("names") String name, @ForAll("values") String value) {
        if (HeaderRules.faultOfName(name).isEmpty()
                && HeaderRules.faultOfValue(value).isEmpty()) {
            assertThat(new DefaultHttpHeaders().add(name, value).get(name)).isEqualTo(value);
            assertThat(name + value).doesNotContain("\r", "\n", "\u0000");
            assertThat(FORBIDDEN).doesNotContain(name.toLowerCase(Locale.ROOT));
        }
    }

    @Property(tries = 1_000)
    void whatIsForbiddenIsSoInEverySpelling(@ForAll("forbidden") String name) {
        assertThat(HeaderRules.faultOfName(name)).isPresent();
        assertThat(HeaderRules.faultOfForwarded(name)).isPresent();
    }

    @Property(tries = 1_000)
    void whatMayBeForwardedMayBeSet(@ForAll("names") String name) {
        if (HeaderRules.faultOfForwarded(name).isEmpty()) {
            assertThat(HeaderRules.faultOfName(name)).isEqualTo(Optional.empty());
        }
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.oneOf(
                forbidden(),
                Arbitraries.strings().ascii().ofMaxLength(4),
                Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(8),
                Arbitraries.of(
                        "x-a",
                        "accept",
                        "content-type",
                        "\u212Aey",
                        "host ",
                        " host",
                        "host:",
                        "x\r\nhost",
                        "x-real-\u0130p"));
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(8),
                Arbitraries.strings().ascii().ofMaxLength(8),
                Arbitraries.of("", "a", "a\r\nb: c", "a\nb", "a\u0000", "\u010a", "\u560a", " a", "a\t", "é"));
    }

    @Provide
    Arbitrary<String> forbidden() {
        return Arbitraries.of(FORBIDDEN)
                .flatMap(name ->
                        Arbitraries.of(true, false).list().ofSize(name.length()).map(upper -> inCase(name, upper)));
    }

    private static String inCase(String name, List<Boolean> upper) {
        var spelled = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            spelled.append(upper.get(i) ? Character.toUpperCase(name.charAt(i)) : name.charAt(i));
        }
        return spelled.toString();
    }
}
