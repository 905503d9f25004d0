package dev.muster.request;

import static dev.muster.request.Documents.faults;
import static dev.muster.request.Documents.readCall;
import static dev.muster.request.Documents.withRequests;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a call sends, and as what.
class CallBodyTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "{ \"b\" :1 ,\n\t\"a\": [ 1.10, 2 ]  }",
                "{\"a\": 1, \"a\": 2}",
                "[[[[]]], {\"]\": \"}\"}]",
                "0",
                "-0",
                "1.10",
                "1E400",
                "-1.0e-7",
                "12345678901234567",
                "123456789012345678901234567890",
                "3.14159265358979323846",
                "true",
                "false",
                "\"\"",
                "\"text\"",
                "\"a\\u00e9\\n\\\"\\\\\\/\\ud83d\\ude00\"",
                "\"ü€😀\"",
                "{\"ü\": \"😀\"}"
            })
    void keepsABodyByteForByteWhereverItStands(String json) {
        assertThat(bodyOf("{\"url\": \"http://a/\", \"body\": %s}".formatted(json)))
                .as("last")
                .isEqualTo(json);
        assertThat(bodyOf("{\"url\": \"http://a/\", \"body\":%s\n }".formatted(json)))
                .as("last, then white space")
                .isEqualTo(json);
        assertThat(bodyOf("{\"body\":%s,\"url\": \"http://a/\"}".formatted(json)))
                .as("followed by a comma")
                .isEqualTo(json);
        assertThat(bodyOf("{\"body\" : \t%s \r\n , \"url\": \"http://a/\"}".formatted(json)))
                .as("within white space")
                .isEqualTo(json);
        assertThat(bodyOf("{\"headers\": {\"x\": \"ü\"}, \"body\": %s, \"url\": \"http://ü/\"}"
                        .formatted(json)
                        .replace("http://ü/", "http://a/ü")))
                .as("after characters of more than one byte")
                .isEqualTo(json);
    }

    @Test
    void keepsEachBodyWhenSeveralCallsHaveOne() {
        assertThat(Documents.read(withRequests("""
                        {"url": "http://a/", "body": 1}, {"url": "http://a/", "body": "2"}, "http://a/",
                        {"url": "http://a/", "body": [3]}""")).calls().stream().map(CallBodyTest::text))
                .containsExactly("1", "\"2\"", "none", "[3]");
    }

    @Test
    void keepsABodyWhenItIsLargerThanTheParsersBuffers() {
        String json = "{\"a\": \"" + "xü".repeat(100_000) + "\", \"b\": [" + "1.10, ".repeat(50_000) + "1]}";

        assertThat(bodyOf("{\"url\": \"http://a/\", \"body\": %s}".formatted(json)))
                .isEqualTo(json);
    }

    @Test
    void sendsABodyAsJsonAndByPost() {
        CallRequest call = readCall("{\"url\": \"http://a/\", \"body\": 1}");

        assertThat(call.message().method()).isEqualTo("POST");
        assertThat(body(call).contentType()).isEqualTo("application/json");
    }

    @Test
    void keepsTheMethodWhenItIsGivenWithABody() {
        assertThat(readCall("{\"url\": \"http://a/\", \"body\": 1, \"method\": \"GET\"}")
                        .message()
                        .method())
                .isEqualTo("GET");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "Application/JSON ; charset=utf-8",
                "application/merge-patch+json",
                "application/vnd.a+JSON;v=1"
            })
    void sendsAStringAsJsonWhenTheContentTypeIsJson(String contentType) {
        assertThat(bodyOf("""
                {"url": "http://a/", "headers": {"Content-Type": "%s"}, "body": "text"}""".formatted(contentType))).isEqualTo("\"text\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/plain                        | UTF-8
            text/plain; charset=utf-8         | UTF-8
            text/plain; charset="utf-8"       | UTF-8
            text/plain; charset=iso-8859-1    | ISO-8859-1
            text/plain;charset=UTF-16LE;x=y   | UTF-16LE
            application/x-www-form-urlencoded | UTF-8
            """)
    void sendsAStringAsItIsWhenTheContentTypeIsNotJson(String contentType, String charset) {
        CallRequest call = readCall("""
                {"body": "a=\\u00fc\\n\\"", "url": "http://a/", "headers": {"content-type": "%s"}}""".formatted(contentType.replace("\"", "\\\"")));

        assertThat(body(call).bytes()).isEqualTo("a=ü\n\"".getBytes(Charset.forName(charset)));
        assertThat(body(call).contentType()).isEqualTo(contentType);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            us-ascii     | ü
            iso-8859-1   | €
            utf-8        | \\ud800
            iso-2022-cn  | a
            no-such-one  | a
            "bad name"   | a
            """)
    void refusesAStringWhenTheCharsetOfItsContentTypeCannotCarryIt(String charset, String text) {
        assertThat(faults(withRequests("""
                {"url": "http://a/", "headers": {"content-type": "text/plain; charset=%s"}, "body": "%s"}""".formatted(charset.replace("\"", "\\\""), text))))
                .containsExactly("#/requests/0/body cannot be written in the charset of its content-type");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "{}", "[\"a\"]", "true"})
    void refusesABodyWhenItIsNoStringUnderAContentTypeThatIsNotJson(String json) {
        assertThat(faults(withRequests("""
                {"url": "http://a/", "headers": {"content-type": "text/plain"}, "body": %s}""".formatted(json))))
                .containsExactly("#/requests/0/body must be a string under a content-type that is not JSON");
    }

    @Test
    void sendsTheBytesOfBodyBase64() {
        CallRequest call = readCall("{\"url\": \"http://a/\", \"bodyBase64\": \"AP/+\"}");

        assertThat(body(call).bytes()).containsExactly(0x00, 0xFF, 0xFE);
        assertThat(body(call).contentType()).isEqualTo("application/octet-stream");
        assertThat(call.message().method()).isEqualTo("POST");
    }

    @Test
    void sendsBodyBase64AsTheContentTypeGiven() {
        assertThat(body(readCall("""
                {"url": "http://a/", "bodyBase64": "", "headers": {"Content-Type": "image/png"}}""")).contentType()).isEqualTo("image/png");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"a\"", "\"ab*=\"", "\"_-8=\"", "\"QQ==\\n\""})
    void refusesBodyBase64WhenItIsNotBase64(String value) {
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"bodyBase64\": %s}".formatted(value))))
                .containsExactly("#/requests/0/bodyBase64 must be Base64 (RFC 4648, section 4)");
    }

    @Test
    void refusesBodyBase64WhenItIsNoString() {
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"bodyBase64\": [1]}")))
                .containsExactly("#/requests/0/bodyBase64 must be a string");
    }

    @Test
    void refusesTwoBodies() {
        assertThat(faults(withRequests("{\"url\": \"http://a/\", \"bodyBase64\": \"\", \"body\": 1}")))
                .containsExactly("#/requests/0 takes either body or bodyBase64, not both");
    }

    /// Many clients write what they do not have as null.
    @ParameterizedTest
    @CsvSource({
        "'', GET, none",
        "GET, GET, none",
        "get, GET, none",
        "HEAD, HEAD, none",
        "POST, POST, null",
        "DELETE, DELETE, null",
        "PURGE, PURGE, null"
    })
    void aBodyOfNullIsSentOnlyByAMethodThatIsGivenAndTakesABody(String given, String method, String body) {
        String field = given.isEmpty() ? "" : ", \"method\": \"%s\"".formatted(given);

        for (String call :
                List.of("{\"url\": \"http://a/\", \"body\": null%s}", "{\"url\": \"http://a/\"%s, \"body\": null}")) {
            assertThat(readCall(call.formatted(field)).message().method()).isEqualTo(method);
            assertThat(bodyOf(call.formatted(field))).isEqualTo(body);
        }
    }

    @Test
    void aBodyOfNullIsNoneBesideBodyBase64() {
        assertThat(bodyOf("{\"url\": \"http://a/\", \"bodyBase64\": \"YQ==\", \"body\": null, \"method\": \"POST\"}"))
                .isEqualTo("a");
    }

    private static String bodyOf(String call) {
        return text(readCall(call));
    }

    private static String text(CallRequest call) {
        return call.message().body() == null
                ? "none"
                : new String(call.message().body().bytes(), StandardCharsets.UTF_8);
    }

    private static RequestBody body(CallRequest call) {
        return Objects.requireNonNull(call.message().body());
    }
}
