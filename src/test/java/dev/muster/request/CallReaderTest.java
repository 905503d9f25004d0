package dev.muster.request;

import static dev.muster.request.Documents.faults;
import static dev.muster.request.Documents.read;
import static dev.muster.request.Documents.readCall;
import static dev.muster.request.Documents.withRequests;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.url.HttpUrl;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One element of `requests`: its fields, its defaults, and where it may go. Bodies are in [CallBodyTest].
class CallReaderTest {

    @ParameterizedTest
    @ValueSource(strings = {"\"http://a/x?y=1\"", "{\"url\": \"http://a/x?y=1\"}"})
    void fillsDefaultsInWhenOnlyAUrlIsGiven(String document) {
        CallRequest call = readCall(document);

        assertThat(call.id()).isEqualTo("0");
        assertThat(call.target()).isEqualTo(new Target.Url("http://a/x?y=1", URI.create("http://a/x?y=1")));
        assertThat(call.message().method()).isEqualTo("GET");
        assertThat(call.message().headers()).isEmpty();
        assertThat(call.message().body()).isNull();
        assertThat(call.timeout()).isNull();
        assertThat(call.response().required()).isNull();
        assertThat(call.response().redirects()).isNull();
        assertThat(call.response().success()).isSameAs(SuccessStatuses.DEFAULT);
    }

    @Test
    void readsEveryField() {
        CallRequest call = readCall("""
                {"id": "note", "service": "notes", "path": "/items/7?x=1", "method": "PUT",
                 "headers": {"X-Tenant": "a", "x-list": ["b", "c"], "x-none": []}, "body": {"text": "hi"},
                 "timeout": "40ms", "required": true, "success": ["2xx", "404"], "redirects": 5}""");

        assertThat(call.id()).isEqualTo("note");
        assertThat(call.target()).isEqualTo(new Target.ServicePath("notes", "/items/7?x=1"));
        assertThat(call.message().method()).isEqualTo("PUT");
        assertThat(call.message().headers())
                .containsOnlyKeys("x-tenant", "x-list", "x-none")
                .containsEntry("x-tenant", List.of("a"))
                .containsEntry("x-list", List.of("b", "c"))
                .containsEntry("x-none", List.of());
        assertThat(call.message().body()).isNotNull();
        assertThat(call.timeout()).isEqualTo(Duration.ofMillis(40));
        assertThat(call.response().required()).isTrue();
        assertThat(call.response().redirects()).isEqualTo(5);
        assertThat(call.response().success().contains(404)).isTrue();
        assertThat(call.response().success().contains(301)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            5                                                 | #/requests/0                | must be a URL or an object
            null                                              | #/requests/0                | must be a URL or an object
            ["http://a/"]                                     | #/requests/0                | must be a URL or an object
            {}                                                | #/requests/0                | needs either url, or service and path
            {"url": "http://a/", "service": "notes", "path": "/"} | #/requests/0            | takes either url, or service and path, not both
            {"url": "http://a/", "path": "/"}                 | #/requests/0                | takes either url, or service and path, not both
            {"service": "notes"}                              | #/requests/0/path           | is required with service
            {"path": "/"}                                     | #/requests/0/service        | is required with path
            {"service": "nobody", "path": "/"}                | #/requests/0/service        | is not a configured service
            {"service": 1, "path": "/"}                       | #/requests/0/service        | must be a string
            {"service": "notes", "path": null}                | #/requests/0/path           | is required with service
            {"url": null}                                     | #/requests/0                | needs either url, or service and path
            {"url": ["http://a/"]}                            | #/requests/0/url            | must be a string
            {"url": "http://a/", "id": ""}                    | #/requests/0/id             | must be 1 to 64 of A-Z a-z 0-9 . _ -
            {"url": "http://a/", "id": "a b"}                 | #/requests/0/id             | must be 1 to 64 of A-Z a-z 0-9 . _ -
            {"url": "http://a/", "id": "ä"}                   | #/requests/0/id             | must be 1 to 64 of A-Z a-z 0-9 . _ -
            {"url": "http://a/", "id": "a\\n"}                | #/requests/0/id             | must be 1 to 64 of A-Z a-z 0-9 . _ -
            {"url": "http://a/", "id": 1}                     | #/requests/0/id             | must be a string
            {"url": "http://a/", "timeout": "x"}              | #/requests/0/timeout        | must be a positive duration such as 250ms, 2s or PT0.25S
            {"url": "http://a/", "required": "yes"}           | #/requests/0/required       | must be true or false
            {"url": "http://a/", "redirects": 6}              | #/requests/0/redirects      | must be a whole number from 0 to 5
            {"url": "http://a/", "redirects": -1}             | #/requests/0/redirects      | must be a whole number from 0 to 5
            {"url": "http://a/", "success": "2xx"}            | #/requests/0/success        | must be an array
            {"url": "http://a/", "success": ["2xx", 404]}     | #/requests/0/success/1      | must be a string
            {"url": "http://a/", "success": ["2xx", "20x"]}   | #/requests/0/success/1      | must be a status such as 404 or a class such as 2xx
            {"url": "http://a/", "pick": "a"}                 | #/requests/0/pick           | must be a JSON pointer such as /data/items
            {"url": "http://a/", "pick": "/a~2"}              | #/requests/0/pick           | must be a JSON pointer such as /data/items
            {"url": "http://a/", "pick": 5}                   | #/requests/0/pick           | must be a JSON pointer, a list of them, or an object of names to them
            {"url": "http://a/", "pick": ["/a", 1]}           | #/requests/0/pick/1         | must be a JSON pointer such as /data/items
            {"url": "http://a/", "pick": {"x": "a"}}          | #/requests/0/pick/x         | must be a JSON pointer such as /data/items
            {"url": "http://a/", "pick": {"x": ["/a"]}}       | #/requests/0/pick/x         | must be a JSON pointer such as /data/items
            {"url": "http://a/", "headers": []}               | #/requests/0/headers        | must be an object
            {"url": "http://a/", "dependsOn": ["0"]}          | #/requests/0                | needs itself: 0 needs 0
            {"url": "http://a/", "URL": "http://a/"}          | #/requests/0/URL            | unknown field
            {"url": "http://a/", "url": "http://b/"}          | #/requests/0/url            | is given twice
            """)
    void refusesACallWhenAFieldIsWrong(String call, String pointer, String detail) {
        assertThat(faults(withRequests(call))).containsExactly(pointer + ' ' + detail);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "id",
                "service",
                "path",
                "method",
                "headers",
                "body",
                "bodyBase64",
                "timeout",
                "required",
                "success",
                "redirects",
                "exposeHeaders",
                "pick"
            })
    void takesNullAsLeftOut(String field) {
        assertThat(readCall("{\"url\": \"http://a/\", \"%s\": null}".formatted(field)))
                .usingRecursiveComparison()
                .isEqualTo(readCall("{\"url\": \"http://a/\"}"));
    }

    @Test
    void takesNullAsLeftOutForAUrl() {
        assertThat(readCall("{\"url\": null, \"service\": \"notes\", \"path\": \"/\"}")
                        .target())
                .isEqualTo(new Target.ServicePath("notes", "/"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"headers\": {}", "\"success\": []", "\"exposeHeaders\": []"})
    void takesWhatIsEmptyAsLeftOut(String field) {
        assertThat(readCall("{\"url\": \"http://a/\", %s}".formatted(field)))
                .usingRecursiveComparison()
                .isEqualTo(readCall("{\"url\": \"http://a/\"}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "headers": {"a": %s}     | #/requests/0/headers/a
            "exposeHeaders": %s      | #/requests/0/exposeHeaders
            """)
    void refusesAListOfMoreThanAHundred(String field, String pointer) {
        String list = "[" + "\"a\",".repeat(99) + "\"a\"%s]";

        assertThat(readCall("{\"url\": \"http://a/\", %s}".formatted(field.formatted(list.formatted("")))))
                .isNotNull();
        assertThat(faults(withRequests("{\"url\": \"http://a/\", %s}"
                        .formatted(field.formatted(list.formatted(",[\"a\",{}],\"a\""))))))
                .containsExactly(pointer + " must have at most 100 elements");
    }

    @Test
    void refusesMoreThanAHundredHeadersAndNamesThatAreTooLong() {
        String headers =
                IntStream.range(0, 200).mapToObj(i -> "\"x" + i + "\": [\"v\"]").collect(Collectors.joining(","));

        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"headers\": {%s}}".formatted(headers))))
                .containsExactly("#/requests/0/headers must have at most 100 members");
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"%s\": {}}".formatted("x".repeat(257)))))
                .containsExactly("#/requests/0 must have no name of more than 256 characters");
    }

    @Test
    void takesUnderscoresInAHost() {
        Target.Url url = (Target.Url) readCall("\"http://my_service:8080/a?b\"").target();

        assertThat(HttpUrl.host(url.uri())).isEqualTo("my_service");
        assertThat(HttpUrl.port(url.uri())).isEqualTo(8080);
    }

    /// What is sent is what was written: no normal form makes other characters of it.
    @ParameterizedTest
    @CsvSource({
        "/\\u1fef, /%E1%BF%AF",
        "/a\\u037eb, /a%CD%BEb",
        "/e\\u0301, /e%CC%81",
        "/\\u212b, /%E2%84%AB",
        "/\\ud834\\udd60, /%F0%9D%85%A0",
        "/caf\u00e9?\u00fc, /caf%C3%A9?%C3%BC"
    })
    void percentEncodesWhatIsNotAsciiAsItStands(String path, String sent) {
        Target.Url url = (Target.Url) readCall("\"http://a%s\"".formatted(path)).target();

        assertThat(url.uri()).hasToString("http://a" + sent);
        assertThat(readCall("{\"service\": \"notes\", \"path\": \"%s\"}".formatted(path))
                        .target())
                .isInstanceOf(Target.ServicePath.class);
    }

    @Test
    void boundsAUrlAsItIsSent() {
        String path = "/" + "é".repeat(3_000);

        assertThat(faults(withRequests("\"http://a%s\"".formatted(path))))
                .containsExactly("#/requests/0 must have at most 8192 characters, percent-encoded");
        assertThat(faults(withRequests("{\"service\": \"notes\", \"path\": \"%s\"}".formatted(path))))
                .containsExactly("#/requests/0/path must have at most 8192 characters, percent-encoded");
    }

    @Test
    void namesTheRequestThatIsWrong() {
        assertThat(faults(withRequests("""
                "http://a/", "http://a/", "http://a/", {"url": "http://"}"""))).singleElement().asString().startsWith("#/requests/3/url ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "Z", "0", "a.b_c-D9", "-", "..."})
    void takesAnIdWhenItIsOfItsAlphabet(String id) {
        assertThat(readCall("{\"url\": \"http://a/\", \"id\": \"%s\"}".formatted(id))
                        .id())
                .isEqualTo(id);
    }

    @Test
    void boundsTheLengthOfAnId() {
        String longest = "x".repeat(64);

        assertThat(readCall("{\"url\": \"http://a/\", \"id\": \"%s\"}".formatted(longest))
                        .id())
                .isEqualTo(longest);
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"id\": \"%sx\"}".formatted(longest))))
                .hasSize(1);
    }

    @Test
    void refusesAnIdWhenAnEarlierRequestHasIt() {
        assertThat(faults(withRequests("""
                {"url": "http://a/", "id": "x"}, "http://a/", {"url": "http://a/", "id": "x"}""")))
                .containsExactly("#/requests/2/id x is already the id of request 0: ids are unique");
    }

    @Test
    void refusesAnIdWhenItIsTheIndexOfAnotherRequest() {
        assertThat(faults(withRequests("\"http://a/\", {\"url\": \"http://a/\", \"id\": \"0\"}")))
                .containsExactly("#/requests/1/id 0 is already the id of request 0: ids are unique");
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"id\": \"1\"}, \"http://a/\"")))
                .containsExactly("#/requests/1/id 1 is already the id of request 0: ids are unique");
    }

    @Test
    void takesIdsWhenTheyAreTheIndexesOfNoOtherRequest() {
        assertThat(read(withRequests("""
                {"url": "http://a/", "id": "1"}, {"url": "http://a/", "id": "0"}, "http://a/\"""")).calls()).extracting(CallRequest::id).containsExactly("1", "0", "2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://a",
                "HTTP://a/",
                "https://a:65535/",
                "http://a:/",
                "http://127.0.0.1:8080/x",
                "http://[2001:db8::1]:80/",
                "http://a/%2F..%2F?q=a%20b&c=../..",
                "http://a/../b",
                "http://a//b",
                "http://a/ü"
            })
    void takesAUrlWhenItIsAbsolute(String url) {
        assertThat(readCall('"' + url + '"').target())
                .isEqualTo(new Target.Url(url, URI.create(URI.create(url).toASCIIString())));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, textBlock = """
            |must be an absolute http or https URL
            /path|must be an absolute http or https URL
            //host/path|must be an absolute http or https URL
            a|must be an absolute http or https URL
            ftp://a/|must be an absolute http or https URL
            file:///etc/passwd|must be an absolute http or https URL
            ws://a/|must be an absolute http or https URL
            http:a|has no valid host
            http:///a|has no valid host
            http://foo_bar:x/|has no valid host
            http://foo_bar:123456/|has no valid host
            http://-foo_bar/|has no valid host
            http://foo_bar.1/|has no valid host
            http://foo_bar..a/|has no valid host
            http://foo_bär/|has no valid host
            http://foo_bar:0/|has no valid port
            http://foo_bar:65536/|has no valid port
            http://a@foo_bar/|must not carry user information
            http://a:b/|has no valid host
            http://a@b@c/|must not carry user information
            http://127.1:80:80/|has no valid host
            http://a:99999999999/|has no valid host
            http://u@a/|must not carry user information
            http://u:p@a/|must not carry user information
            http://@a/|must not carry user information
            http://a:0/|has no valid port
            http://a:65536/|has no valid port
            http://|is not a valid URL: Expected authority at index 7
            http://a/ b|is not a valid URL: Illegal character in path at index 9
             http://a/|is not a valid URL: Illegal character in scheme name at index 0
            http://a/%zz|is not a valid URL: Malformed escape pair at index 9
            http://[::1/|is not a valid URL: Expected closing bracket for IPv6 address at index 11
            http://a\\\\b/|is not a valid URL: Illegal character in authority at index 8
            http://a/\\ud800|is not a valid URL: it is not Unicode
            """)
    void refusesAUrlWhenItIsNotOne(String url, String detail) {
        String text = url == null ? "" : url;

        assertThat(faults(withRequests("\"%s\"".formatted(text)))).containsExactly("#/requests/0 " + detail);
        assertThat(faults(withRequests("{\"url\": \"%s\"}".formatted(text))))
                .containsExactly("#/requests/0/url " + detail);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/items/7",
                "/items?a=../b&c=/./",
                "/a?b=%2e%2e/",
                "//evil.example/",
                "/@evil.example",
                "/...",
                "/.well-known/x",
                "/a..b/..c/d..",
                "/a%20b",
                "/a%2Fb",
                "/a;v=1/b",
                "/%2e%2e%2e",
                "/ü"
            })
    void takesAPathWhenItStaysBelowItsService(String path) {
        assertThat(readCall("{\"service\": \"notes\", \"path\": \"%s\"}".formatted(path))
                        .target())
                .isEqualTo(new Target.ServicePath("notes", path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/..",
                "/.",
                "/../a",
                "/a/..",
                "/a/./b",
                "/a/../b?c",
                "/%2e%2e/a",
                "/%2E%2E/a",
                "/.%2e/a",
                "/%2e./a",
                "/%2e",
                "/a/%2e%2e",
                "//../a",
                "/..%2fa",
                "/a%2F..%2Fb",
                "/a/..%5cb",
                "/a%5C%2e%2e",
                "/..;/a",
                "/..;v=1/a",
                "/..%3b/a"
            })
    void refusesAPathWhenItHasDotSegments(String path) {
        assertThat(faults(withRequests("{\"service\": \"notes\", \"path\": \"%s\"}".formatted(path))))
                .containsExactly("#/requests/0/path must not have dot segments");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''       | must begin with /
            items    | must begin with /
            ?a=b     | must begin with /
            @b/      | must begin with /
            :80/     | must begin with /
            http://b/ | must begin with /
            \\\\b    | must begin with /
            /a#b     | must not have a fragment
            /#       | must not have a fragment
            /a b     | is not a valid path: Illegal character in path at index 2
            /a?b c   | is not a valid path: Illegal character in query at index 4
            /\\\\b   | is not a valid path: Illegal character in path at index 1
            /%zz     | is not a valid path: Malformed escape pair at index 1
            /a\\r\\nb | is not a valid path: Illegal character in path at index 2
            /\\udc00 | is not a valid path: it is not Unicode
            """)
    void refusesAPathWhenItIsNotOne(String path, String detail) {
        assertThat(faults(withRequests("{\"service\": \"notes\", \"path\": \"%s\"}".formatted(path))))
                .containsExactly("#/requests/0/path " + detail);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, GET",
        "get, GET",
        "Patch, PATCH",
        "options, OPTIONS",
        "DELETE, DELETE",
        "head, HEAD",
        "TRACE, TRACE",
        "PROPFIND, PROPFIND",
        "purge, purge",
        "M-SEARCH, M-SEARCH"
    })
    void takesAnyMethodAndSpellsTheStandardOnesInUpperCase(String given, String method) {
        assertThat(readCall("{\"url\": \"http://a/\", \"method\": \"%s\"}".formatted(given))
                        .message()
                        .method())
                .isEqualTo(method);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " GET",
                "GET ",
                "G T",
                "GET\\r\\nX: y",
                "GÉT",
                "GET/",
                "a@b",
                "abcdefghijklmnopqrstuvwxyzabcdefg"
            })
    void refusesAMethodWhenItIsNoToken(String method) {
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"method\": \"%s\"}".formatted(method))))
                .containsExactly("#/requests/0/method is not an HTTP method");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CONNECT", "connect", "Connect"})
    void refusesTheMethodConnect(String method) {
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"method\": \"%s\"}".formatted(method))))
                .containsExactly("#/requests/0/method CONNECT opens a tunnel and must not be used");
    }
}
