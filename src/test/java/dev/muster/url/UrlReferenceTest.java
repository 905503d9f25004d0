package dev.muster.url;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UrlReferenceTest {

    private static final URI BASE = URI.create("http://a/b/c/d;p?q");

    /// The examples of RFC 3986, sections 5.4.1 and 5.4.2 (strict).
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            g:h             | g:h
            g               | http://a/b/c/g
            ./g             | http://a/b/c/g
            g/              | http://a/b/c/g/
            /g              | http://a/g
            //g             | http://g
            ?y              | http://a/b/c/d;p?y
            g?y             | http://a/b/c/g?y
            #s              | http://a/b/c/d;p?q#s
            g#s             | http://a/b/c/g#s
            g?y#s           | http://a/b/c/g?y#s
            ;x              | http://a/b/c/;x
            g;x             | http://a/b/c/g;x
            g;x?y#s         | http://a/b/c/g;x?y#s
            ~~              | http://a/b/c/d;p?q
            .               | http://a/b/c/
            ./              | http://a/b/c/
            ..              | http://a/b/
            ../             | http://a/b/
            ../g            | http://a/b/g
            ../..           | http://a/
            ../../          | http://a/
            ../../g         | http://a/g
            ../../../g      | http://a/g
            ../../../../g   | http://a/g
            /./g            | http://a/g
            /../g           | http://a/g
            g.              | http://a/b/c/g.
            .g              | http://a/b/c/.g
            g..             | http://a/b/c/g..
            ..g             | http://a/b/c/..g
            ./../g          | http://a/b/g
            ./g/.           | http://a/b/c/g/
            g/./h           | http://a/b/c/g/h
            g/../h          | http://a/b/c/h
            g;x=1/./y       | http://a/b/c/g;x=1/y
            g;x=1/../y      | http://a/b/c/y
            g?y/./x         | http://a/b/c/g?y/./x
            g?y/../x        | http://a/b/c/g?y/../x
            g#s/./x         | http://a/b/c/g#s/./x
            g#s/../x        | http://a/b/c/g#s/../x
            http:g          | http:g
            http://x/../y   | http://x/y
            //g/a//../b     | http://g/a/b
            """)
    void resolvesAsTheStandardSays(String reference, String expected) throws Exception {
        assertThat(UrlReference.resolve(BASE, reference)).hasToString(expected);
    }

    @ParameterizedTest
    @CsvSource(quoteCharacter = '~', textBlock = """
            http://h,      g,    http://h/g
            http://h,      ?a,   http://h?a
            http://h_a:80, ../g, http://h_a:80/g
            """)
    void resolvesAgainstAUrlWithoutPath(URI base, String reference, String expected) throws Exception {
        assertThat(UrlReference.resolve(base, reference)).hasToString(expected);
    }
}
