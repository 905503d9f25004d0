package dev.muster.request;

import static dev.muster.request.Documents.faults;
import static dev.muster.request.Documents.readCall;
import static dev.muster.request.Documents.withRequests;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HeaderRulesTest {

    static Stream<String> refusedNamesInAnyCase() {
        return Stream.of(
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
                        "x-forwarded-proto",
                        "x-envoy-expected-rq-timeout-ms",
                        "x-envoy-internal",
                        "x-http2-stream-id",
                        "x-http2-scheme",
                        "x_forwarded_for",
                        "x-forwarded_for",
                        "x.forwarded.for",
                        "content_length",
                        "transfer_encoding",
                        "x-forwarded",
                        "forwarded-for",
                        "x-original-forwarded-for",
                        "x-original-url",
                        "x-rewrite-url",
                        "cf-connecting-ip",
                        "cf_connecting_ip",
                        "x-client-ip",
                        "client-ip",
                        "fastly-client-ip",
                        "x-cluster-client-ip",
                        "wl-proxy-client-ip",
                        "x-azure-clientip",
                        "remote-user",
                        "x-remote-user",
                        "x_remote_user",
                        "x-authenticated-user",
                        "x-auth-request-email",
                        "x-ssl-client-cert",
                        "ssl-client-verify",
                        "x-ssl-client-s-dn",
                        "client-cert",
                        "x-amzn-oidc-data",
                        "x-goog-iap-jwt-assertion",
                        "x-ms-client-principal-id",
                        "x-webauth-user",
                        "x-consumer-username",
                        "sm_user",
                        "impersonate-user")
                .flatMap(name -> Stream.of(name, name.toUpperCase(Locale.ROOT), mixed(name)));
    }

    @ParameterizedTest
    @MethodSource("refusedNamesInAnyCase")
    void refusesAHeaderThatMusterOrTheConnectionOwns(String name) {
        assertThat(faults(withHeaders("\"%s\": \"x\"".formatted(name))))
                .singleElement()
                .asString()
                .startsWith("#/requests/0/headers/" + name + ' ')
                .endsWith("must not be given");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "accept",
                "Authorization",
                "cookie",
                "content-type",
                "x-tenant",
                "hostname",
                "x-forward",
                "x-client-id",
                "x-user",
                "x-auth-token",
                "x-proxy-x",
                "!#$%&'*+.^_`|~0"
            })
    void takesAHeaderByItsLowerCasedNameWhenItIsTheCallers(String name) {
        assertThat(readCall("{\"url\": \"http://a/\", \"headers\": {\"%s\": \"v\"}}".formatted(name))
                        .message()
                        .headers())
                .containsOnlyKeys(name.toLowerCase(Locale.ROOT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "a b", "a:", ":path", "a\\r\\nb", "a\\u0000", "ä", "x-\\u212A", "x-\\u0130", "(a)"})
    void refusesANameWhenItIsNoToken(String name) {
        assertThat(faults(withHeaders("\"%s\": \"x\"".formatted(name))))
                .singleElement()
                .asString()
                .endsWith(" is not a header name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a, b", "a\\tb", "~", "\\u00e9\\u00ff", "\\u00a0"})
    void takesAValueWhenItIsPrintable(String value) {
        assertThat(readCall("{\"url\": \"http://a/\", \"headers\": {\"x\": \"%s\"}}".formatted(value))
                        .message()
                        .headers())
                .containsOnlyKeys("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", " a", "a ", "\\ta"})
    void refusesAValueWhenItBeginsOrEndsWithWhiteSpace(String value) {
        assertThat(faults(withHeaders("\"x\": \"%s\"".formatted(value))))
                .containsExactly("#/requests/0/headers/x must not begin or end with white space");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a\\r\\nb: c", "a\\nb", "a\\r", "\\u0000", "\\u001b", "\\u007f", "\\u0100", "\\u010a", "😀"})
    void refusesAValueWhenItHasLineBreaksOrIsNotLatin(String value) {
        String detail = " must be printable ISO-8859-1, without line breaks";

        assertThat(faults(withHeaders("\"x\": \"%s\"".formatted(value))))
                .containsExactly("#/requests/0/headers/x" + detail);
        assertThat(faults(withHeaders("\"x\": [\"ok\", \"%s\"]".formatted(value))))
                .containsExactly("#/requests/0/headers/x/1" + detail);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "null", "true", "{}", "{\"a\": [1]}"})
    void refusesAValueWhenItIsNeitherStringNorList(String value) {
        assertThat(faults(withHeaders("\"x\": " + value)))
                .containsExactly("#/requests/0/headers/x must be a string or a list of strings");
    }

    @Test
    void refusesAListWhenAnElementIsNoString() {
        assertThat(faults(withHeaders("\"x\": [\"a\", 1, [\"b\"], null]")))
                .containsExactly(
                        "#/requests/0/headers/x/1 must be a string",
                        "#/requests/0/headers/x/2 must be a string",
                        "#/requests/0/headers/x/3 must be a string");
    }

    @Test
    void refusesANameWhenItComesTwiceInWhateverCase() {
        assertThat(faults(withHeaders("\"X-A\": \"1\", \"x-a\": \"2\"")))
                .containsExactly("#/requests/0/headers/x-a is given twice: header names ignore case");
        assertThat(faults(withHeaders("\"x-a\": \"1\", \"x-a\": \"2\"")))
                .containsExactly("#/requests/0/headers/x-a is given twice");
    }

    @ParameterizedTest
    @ValueSource(strings = {"content-type", "Content-Type", "authorization", "range"})
    void refusesAListOfWhatHasOneValue(String name) {
        assertThat(faults(withHeaders("\"%s\": [\"a/b\", \"c/d\"]".formatted(name))))
                .containsExactly("#/requests/0/headers/%s must have one value, not a list".formatted(name));
        assertThat(readCall("{\"url\": \"http://a/\", \"headers\": {\"%s\": [\"a/b\"]}}".formatted(name))
                        .message()
                        .headers())
                .hasSize(1);
    }

    @Test
    void refusesAnotherSpellingOfContentType() {
        assertThat(faults(withHeaders("\"Content_Type\": \"a/b\"")))
                .containsExactly(
                        "#/requests/0/headers/Content_Type is content-type to some servers, and must be written so");
    }

    @Test
    void anOperatorMayForwardWhoIsCallingButNotWhereFrom() {
        assertThat(HeaderRules.faultOfForwarded("x-remote-user")).isEmpty();
        assertThat(HeaderRules.faultOfForwarded("X_Forwarded_For")).isPresent();
        assertThat(HeaderRules.faultOfForwarded("Content_Type")).isPresent();
    }

    @Test
    void keepsTheOrderOfAList() {
        assertThat(readCall("{\"url\": \"http://a/\", \"headers\": {\"x\": [\"b\", \"a\", \"b\"]}}")
                        .message()
                        .headers())
                .containsEntry("x", List.of("b", "a", "b"));
    }

    private static String withHeaders(String headers) {
        return withRequests("{\"url\": \"http://a/\", \"headers\": {%s}}".formatted(headers));
    }

    private static String mixed(String name) {
        return name.substring(0, 1).toUpperCase(Locale.ROOT)
                + name.substring(1, name.length() - 1)
                + name.substring(name.length() - 1).toUpperCase(Locale.ROOT);
    }
}
