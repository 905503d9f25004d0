package dev.muster.answer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.UpstreamResponse;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Whatever an upstream answers, the answer of the batch stays JSON, has exactly one such result, and carries every
/// byte.
class SplicePropertiesTest {

    private static final JsonMapper JSON = new JsonMapper();

    @Property(tries = 2_000)
    void bytesOfAnyKindStayInsideTheirResult(
            @ForAll("bodies") byte[] body, @ForAll("contentTypes") String contentType) {
        JsonNode result = write(body, contentType);

        assertThat(result.propertyNames())
                .startsWith("id", "index", "url", "outcome", "status", "headers")
                .endsWith("elapsedMs", "attempts");
        assertThat(result.path("outcome").asString()).isEqualTo("succeeded");
        assertThat(result.has("body") && result.has("bodyBase64")).isFalse();
        if (result.has("bodyBase64")) {
            assertThat(Base64.getDecoder().decode(result.path("bodyBase64").asString()))
                    .isEqualTo(body);
        } else if (body.length == 0) {
            assertThat(result.has("body")).isFalse();
        } else {
            assertThat(result.has("body")).isTrue();
        }
    }

    @Property(tries = 1_000)
    void jsonIsCarriedByteForByte(@ForAll("json") String json) {
        var out = new ByteArrayOutputStream();
        Outcomes.WRITER.writeResult(out, outcome(json.getBytes(UTF_8), "application/json"));

        assertThat(out.toString(UTF_8))
                .contains("\"body\":" + json.replace('\n', ' ').replace('\r', ' ') + ",\"elapsedMs\"")
                .doesNotContain("\n", "\r");
    }

    @Provide
    Arbitrary<byte[]> bodies() {
        Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(64);
        Arbitrary<byte[]> jsonLike = Arbitraries.of(
                        "{",
                        "}",
                        "[",
                        "]",
                        "\"",
                        ":",
                        ",",
                        "1",
                        "e",
                        "-",
                        "true",
                        "null",
                        "\\u",
                        "\\",
                        "\n",
                        "\r\n",
                        " ",
                        "\"a\"",
                        "é",
                        "\u0000",
                        "\uFEFF",
                        "}, {\"id\": \"forged\"")
                .list()
                .ofMaxSize(12)
                .map(parts -> String.join("", parts).getBytes(UTF_8));
        return Arbitraries.oneOf(bytes, jsonLike, json().map(text -> text.getBytes(UTF_8)));
    }

    @Provide
    Arbitrary<String> contentTypes() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                        "application/json",
                        "text/json",
                        "application/problem+json; charset=utf-8",
                        "text/plain",
                        "text/plain; charset=utf-16",
                        "text/html;charset=nonsense",
                        "image/png",
                        "",
                        ";",
                        "json",
                        "a/b+xml",
                        "application/json;charset=\"\""),
                Arbitraries.strings().withCharRange(' ', '~').ofMaxLength(20));
    }

    @Provide
    Arbitrary<String> json() {
        Arbitrary<String> scalar = Arbitraries.of(
                "0",
                "-0",
                "1.10",
                "1e2",
                "12345678901234567890",
                "0.30000000000000004",
                "true",
                "false",
                "null",
                "\"\"",
                "\"é\\u00e9\\n\\/\"",
                "\"\uD83D\uDE00\"");
        return json(json(json(scalar)));
    }

    /// Values, and arrays and objects of them.
    private static Arbitrary<String> json(Arbitrary<String> values) {
        return Arbitraries.oneOf(
                values,
                values.list().ofMaxSize(4).map(items -> "[ " + String.join(" ,\n", items) + "\r\n]"),
                values.list().ofMaxSize(3).map(SplicePropertiesTest::object));
    }

    /// With the same key again and again, which a reader would merge.
    private static String object(List<String> values) {
        return values.stream().map(value -> "\"a\" :" + value).collect(Collectors.joining(",\t", "{", "}"));
    }

    private static JsonNode write(byte[] body, String contentType) {
        var out = new ByteArrayOutputStream();
        Outcomes.WRITER.writeResult(out, outcome(body, contentType));
        return JSON.readTree(out.toByteArray());
    }

    private static CallOutcome outcome(byte[] body, String contentType) {
        return Outcomes.succeeded(
                new UpstreamResponse(200, Map.of("content-type", List.of(contentType.strip())), body));
    }
}
