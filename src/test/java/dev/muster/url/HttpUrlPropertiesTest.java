package dev.muster.url;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URISyntaxException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/// What holds of every URL, however it is spelled.
class HttpUrlPropertiesTest {

    @Property(tries = 5_000)
    void aPathIsWhatIsParsedAsOneBehindAHost(@ForAll("paths") String path) {
        URI uri = parsed("http://a" + path);

        assertThat(HttpUrl.isPath(path)).isEqualTo(path.startsWith("/") && uri != null && uri.getRawFragment() == null);
    }

    private static @Nullable URI parsed(String text) {
        try {
            return HttpUrl.parse(text);
        } catch (URISyntaxException invalid) {
            return null;
        }
    }

    @Provide
    Arbitrary<String> paths() {
        Arbitrary<String> piece = Arbitraries.oneOf(
                Arbitraries.strings().ascii().ofLength(1),
                Arbitraries.strings().withCharRange('\u0080', '\ud7ff').ofLength(1),
                Arbitraries.of(
                        "%2e", "%C0", "%a", "%", "?", "#", "/", "//", "\u00a0", "\u0085", "\u2028", "\ud83d\ude00"));
        return piece.list().ofMaxSize(7).map(pieces -> "/" + String.join("", pieces));
    }
}
