package dev.muster.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResponseBodyTest {

    private static final StrictJson STRICT = new StrictJson(60, 1_000);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "application/json; charset=utf-8",
                "APPLICATION/JSON;x=y",
                " application/json ",
                "text/json",
                "application/problem+json",
                "application/vnd.a.b+JSON; v=1"
            })
    void isJsonWhenTheContentTypeSaysSo(String contentType) {
        assertThat(read(contentType, "{}")).isInstanceOf(ResponseBody.Json.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                " [1.10, 12345678901234567890, 1E300]\r\n",
                "\t{\"a\": 1, \"a\": 2}",
                "0",
                "-1",
                "null",
                "true",
                "\"text\"",
                "\"\\ud83d\\ude00 \\u0000\"",
                "{\"ü\": \"€😀\"}"
            })
    void keepsJsonByteForByte(String json) {
        assertThat(read("application/json", json))
                .isInstanceOfSatisfying(
                        ResponseBody.Json.class,
                        body -> assertThat(body.bytes())
                                .asString(StandardCharsets.UTF_8)
                                .isEqualTo(json));
    }

    @Test
    void dropsAByteOrderMarkBeforeJson() {
        assertThat(read("application/json", "\uFEFF{}"))
                .isInstanceOfSatisfying(
                        ResponseBody.Json.class,
                        body -> assertThat(body.bytes()).asString().isEqualTo("{}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                " ",
                "\uFEFF",
                "\uFEFF\uFEFF{}",
                "{",
                "{\"a\":1",
                "[1,]",
                "{} {}",
                "1 2",
                "{}x",
                "{}\u0000",
                "nul",
                "NaN",
                "Infinity",
                "+1",
                "01",
                "1.",
                ".5",
                "0x10",
                "'a'",
                "{a: 1}",
                "[1, // one\n2]",
                "\"a\nb\"",
                "\"a\u0001\"",
                "\"\\x\"",
                "\"open",
                "<html>",
                "\u00a0{}"
            })
    void isTextWhenJsonDoesNotParse(String text) {
        assertThat(read("application/json", text)).isEqualTo(new ResponseBody.Text(text));
    }

    @Test
    void isBinaryWhenTextWouldGrowMoreThanTwofold() {
        String twofold = "aaaa\u0001".repeat(1_000);
        String more = "aaa\u0001".repeat(1_000);

        assertThat(read("text/plain", twofold)).isEqualTo(new ResponseBody.Text(twofold));
        assertThat(read("text/plain", more)).isInstanceOf(ResponseBody.Binary.class);
        assertThat(read("text/plain", "\u0001".repeat(1_024))).isInstanceOf(ResponseBody.Text.class);
    }

    /// With the levels of the answer around it, what is carried as it came has at most 64.
    @Test
    void isTextWhenJsonIsDeeperThanAnyClientShouldRead() {
        String deep = "[".repeat(61) + "]".repeat(61);

        assertThat(read("application/json", deep)).isEqualTo(new ResponseBody.Text(deep));
        assertThat(read("application/json", "[".repeat(60) + "]".repeat(60))).isInstanceOf(ResponseBody.Json.class);
        assertThat(read("application/json", "{\"a\":".repeat(61) + "1" + "}".repeat(61)))
                .isInstanceOf(ResponseBody.Text.class);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [[12345]]   | true
            [{"a": 1}]  | true
            [[[]]]      | false
            [{"a": []}] | false
            123456      | false
            1.2345      | true
            -1.23456    | false
            123e45      | true
            1234e567    | false
            """)
    void isJsonWithinTheLimitsThatAreSet(String json, boolean isJson) {
        assertThat(new StrictJson(2, 5).isReadable(json.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(isJson);
    }

    /// A stroke stands for a backslash.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'t': 'Hi /ud83d'}",
                "{'t': '/ud83d/ud83d'}",
                "{'t': '/ud83dx/ude00'}",
                "{'t': '/ud83d/n'}",
                "{'t': '/ude00'}",
                "{'t': '/uDE00/uD83D'}",
                "{'/ud83d': 1}",
                "['///ud83d']",
                "{'/u0000a': 1}",
                "{'a': {'/u0000' : 1}}",
                "1e400",
                "-1E+400",
                "[1.5e999999]",
                "{'a': 1e309}"
            })
    void isTextWhenStrictParsersRefuseTheJson(String written) {
        String json = written.replace('\'', '"').replace('/', '\\');

        assertThat(read("application/json", json)).isEqualTo(new ResponseBody.Text(json));
    }

    @Test
    void isTextWhenANumberIsBeyondADouble() {
        assertThat(read("application/json", "1" + "0".repeat(400))).isInstanceOf(ResponseBody.Text.class);
        assertThat(read("application/json", "[-" + "9".repeat(310) + "]")).isInstanceOf(ResponseBody.Text.class);
        assertThat(read("application/json", "1" + "0".repeat(308))).isInstanceOf(ResponseBody.Json.class);
        assertThat(read("application/json", "0." + "3".repeat(900))).isInstanceOf(ResponseBody.Json.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'t': 'Hi /ud83d/ude00'}",
                "{'t': '/uD83D/uDE00/uD83D/uDE00'}",
                "['////ud83d']",
                "['/'/u0041/'']",
                "['/u0000']",
                "{'a': '/u0000', 'a/u0000': 1}",
                "{'': 1}",
                "1e308",
                "[1e-400, -0, 1E5, 0.1e+2]",
                "'1e400'",
                "{'1e400': '1e400'}"
            })
    void isJsonWhenItOnlyLooksAlike(String written) {
        String json = written.replace('\'', '"').replace('/', '\\');

        assertThat(read("application/json", json)).isInstanceOf(ResponseBody.Json.class);
    }

    /// Quote, bytes, quote: overlong forms, surrogates, beyond Unicode, cut off, alone, Latin-1.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "22c08022",
                "22c0af22",
                "22e080af22",
                "22f08080af22",
                "22eda08022",
                "22eda080edb08022",
                "22f490808022",
                "22e28222",
                "228022",
                "22ff22",
                "22e422",
                "22f888808080"
            })
    void isBinaryWhenJsonIsNotUtf8(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);

        assertThat(ResponseBody.of("application/json", bytes, STRICT))
                .isInstanceOfSatisfying(
                        ResponseBody.Binary.class,
                        body -> assertThat(body.bytes()).isEqualTo(bytes));
    }

    @ParameterizedTest
    @CsvSource({"UTF-16", "UTF-16LE", "UTF-16BE"})
    void isTextWhenJsonIsInUtf16AndSaysSo(String charset) {
        byte[] bytes = "{\"a\": \"ü\"}".getBytes(Charset.forName(charset));

        assertThat(ResponseBody.of("application/json; charset=" + charset, bytes, STRICT))
                .isEqualTo(new ResponseBody.Text("{\"a\": \"ü\"}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE"})
    void isNotJsonWhenItIsNotUtf8AndDoesNotSaySo(String charset) {
        byte[] bytes = "{\"a\": \"ü\"}".getBytes(Charset.forName(charset));

        assertThat(ResponseBody.of("application/json", bytes, STRICT)).isInstanceOf(ResponseBody.Binary.class);
        assertThat(ResponseBody.of("application/json", "[1]".getBytes(Charset.forName(charset)), STRICT))
                .isNotInstanceOf(ResponseBody.Json.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "TEXT/HTML; charset=utf-8",
                "text/csv;charset=\"UTF-8\"",
                "application/xml",
                "image/svg+xml",
                "application/javascript",
                "application/x-www-form-urlencoded",
                "application/x-ndjson",
                "application/yaml"
            })
    void isTextWhenTheContentTypeSaysSo(String contentType) {
        assertThat(read(contentType, "{} ü\u0000\n")).isEqualTo(new ResponseBody.Text("{} ü\u0000\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"iso-8859-1", "windows-1252", "utf-16", "UTF-16LE", "\"iso-8859-15\""})
    void decodesTextByItsCharset(String charset) {
        byte[] bytes = "aü".getBytes(Charset.forName(charset.replace("\"", "")));

        assertThat(ResponseBody.of("text/plain; charset=" + charset, bytes, STRICT))
                .isEqualTo(new ResponseBody.Text("aü"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/plain                         | 61ff
            text/plain; charset=us-ascii       | c3bc
            text/plain; charset=utf-16         | 0061d800
            text/plain; charset=no-such-one    | 61
            text/plain; charset="not a name"   | 61
            application/json                   | 7b22ff
            """)
    void isBinaryWhenTextCannotBeDecodedWithoutLoss(String contentType, String hex) {
        assertThat(ResponseBody.of(contentType, HexFormat.of().parseHex(hex), STRICT))
                .isInstanceOf(ResponseBody.Binary.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "application/octet-stream",
                "image/png",
                "application/jsonx",
                "application/x-json",
                "json",
                ";",
                "x/"
            })
    void isBinaryWhenTheContentTypeIsAnythingElse(String contentType) {
        assertThat(read(contentType, "{}")).isInstanceOf(ResponseBody.Binary.class);
    }

    @Test
    void isBinaryWhenThereIsNoContentType() {
        assertThat(ResponseBody.of(null, new byte[] {'{', '}'}, STRICT)).isInstanceOf(ResponseBody.Binary.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "text/plain", "image/png"})
    void isNoneWhenItIsEmpty(String contentType) {
        assertThat(read(contentType, "")).isEqualTo(new ResponseBody.None());
    }

    private static ResponseBody read(String contentType, String body) {
        return ResponseBody.of(contentType, body.getBytes(StandardCharsets.UTF_8), STRICT);
    }
}
