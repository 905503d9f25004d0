package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.RawServer;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Values that try to be more than a value: to leave their segment, reach another host, add headers or requests. An
/// upstream says what has come of them, from the bytes that it got.
class TemplateValuesTest extends RunningMuster {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final Pattern MADE = Pattern.compile("/x/([A-Za-z0-9._~%-]+)/y\\?p=([A-Za-z0-9._~%-]*)&q=([0-9]+)");
    private static final List<String> VALUES = values();
    private static final int AT_ONCE = 100;

    private static final RawServer RAW = RawServer.serving(peer -> {
        for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
            String body = request.target().startsWith("/base/v/")
                    ? MAPPER.writeValueAsString(
                            VALUES.get(Integer.parseInt(request.target().substring("/base/v/".length()))))
                    : "1";
            peer.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
                    .formatted(body.getBytes(UTF_8).length, body)
                    .getBytes(UTF_8));
        }
    });

    @DynamicPropertySource
    static void raw(DynamicPropertyRegistry properties) {
        properties.add("muster.services.raw.base-url", () -> RAW.url("/base"));
        properties.add("muster.services.raw.max-connections", () -> "4");
    }

    @AfterAll
    static void close() throws Exception {
        RAW.close();
    }

    private static List<String> values() {
        List<String> values = new ArrayList<>();
        for (char c = 0; c < 0x180; c++) {
            values.add(String.valueOf(c));
        }
        for (char c = 0; c < 0x80; c++) {
            values.add(".." + c);
            values.add(".." + c + "admin");
            values.add("a" + c + ".." + c + "..");
        }
        Stream.of(
                        "",
                        ".",
                        "..",
                        "...",
                        ". .",
                        "%2e",
                        "%2e%2e",
                        "%2E.",
                        ".%2e",
                        "%252e%252e",
                        "%25252e%25252e",
                        "..%2f",
                        "..%2F..%2Fadmin",
                        "%2e%2e%2f",
                        "..%5c",
                        "..%255c",
                        "%c0%ae%c0%ae",
                        "%c0%ae%c0%ae%c0%af",
                        "%u002e%u002e",
                        "%uff0e%uff0e",
                        "\uFF0E\uFF0E",
                        "\u2024\u2024",
                        "\u2025",
                        "..\uFF0F",
                        "..\u2215",
                        "..;",
                        "..;/",
                        "..;a=b",
                        "..%3b",
                        "..%00",
                        "..\0",
                        "..%0d%0a",
                        "/",
                        "//",
                        "//evil.example/",
                        "\\\\evil.example",
                        "@evil.example",
                        ":80@evil.example/",
                        "http://evil.example/",
                        "#",
                        "#@evil.example",
                        "?",
                        "?a=b",
                        "&a=b",
                        "&q=2",
                        "=",
                        "+",
                        " ",
                        "%20",
                        "a b",
                        "1/../../2",
                        "a/b/c",
                        "a%2Fb",
                        "a\\b",
                        "x HTTP/1.1\r\nHost: evil\r\n\r\nGET /evil",
                        "x\r\nx-evil: 1",
                        "x\nx-evil: 1",
                        "x\rx-evil: 1",
                        "x\u0085x-evil: 1",
                        "x\u2028x-evil: 1",
                        "\u560D\u560Ax-evil: 1",
                        "\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
                        "\u0130",
                        "\u212A",
                        "\uD83D\uDE00",
                        "\u202E",
                        "\uFEFF",
                        "{v#/body}",
                        "{{v#/body}}",
                        "${x}",
                        "{",
                        "}",
                        "\"",
                        "\"}, {\"evil\": \"",
                        "\\u0022",
                        "\u0000",
                        "\u007F",
                        "\u0080",
                        "\u00FF",
                        "\u0100",
                        "x".repeat(3_000),
                        "/".repeat(3_000),
                        "%".repeat(2_000),
                        "\u20AC".repeat(2_000),
                        " x",
                        "x ",
                        "\tx")
                .forEach(values::add);
        return values;
    }

    @Test
    void noneOfThemIsMoreThanAValue() throws Exception {
        int refused = 0;
        for (int from = 0; from < VALUES.size(); from += AT_ONCE) {
            refused += check(from, Math.min(from + AT_ONCE, VALUES.size()));
        }
        // What is refused stands for itself: of most, all four calls are made.
        assertThat(refused).isBetween(100, VALUES.size() * 2);
        assertThat(RAW.received()).isEqualTo(5 * VALUES.size() - refused);
    }

    /// @return how many calls were not made
    private int check(int from, int to) throws InterruptedException {
        String calls = IntStream.range(from, to)
                .mapToObj(i ->
                        """
                        {"id": "v#", "service": "raw", "path": "/v/#"},
                        {"service": "raw", "path": "/x/{v##/body}/y?p={v##/body}&q=#"},
                        {"url": "URL/x/{v##/body}/y?p=&q=#"},
                        {"service": "raw", "path": "/x/header/y?p=&q=#", "headers": {"x-value": "a {v##/body} b"}},
                        {"service": "raw", "path": "/x/body-/y?p=&q=#", "body": ["{v##/body}", "<{v##/body}>"]}""".replace("##/", i + "#/").replace("#\"", i + "\"").replace("URL", RAW.url("/base")))
                .collect(Collectors.joining(","));
        List<JsonNode> results = MAPPER.readTree(
                        muster.post("{\"requests\": [%s]}".formatted(calls)).body())
                .path("results")
                .valueStream()
                .toList();
        assertThat(results).hasSize(5 * (to - from));
        int refused = 0;
        for (JsonNode result : results) {
            if (result.path("outcome").asString().equals("succeeded")) {
                RawServer.Request request = RAW.request();
                if (!request.target().startsWith("/base/v/")) {
                    assertIsMade(request);
                }
            } else {
                assertThat(result.at("/error/type").asString()).as("%s", result).isEqualTo("dependency-failed");
                assertThat(result.at("/error/sent").booleanValue()).isFalse();
                refused++;
            }
        }
        return refused;
    }

    private static void assertIsMade(RawServer.Request request) {
        assertThat(request.target()).startsWith("/base/x/");
        Matcher made = MADE.matcher(request.target().substring("/base".length()));
        assertThat(made.matches()).as(request.target()).isTrue();
        String value = VALUES.get(Integer.parseInt(made.group(3)));
        if (!made.group(1).equals("header") && !made.group(1).equals("body-")) {
            assertThat(decoded(made.group(1))).isEqualTo(value);
            assertThat(readings(made.group(1))).noneMatch(TemplateValuesTest::leaves);
        }
        assertThat(List.of("", value)).contains(decoded(made.group(2)));
        assertThat(request.header("host")).containsExactly("127.0.0.1:" + RAW.port());
        assertThat(request.head().toLowerCase(Locale.ROOT).lines().skip(1).filter(line -> !line.isEmpty()))
                .allMatch(
                        line -> line.matches(
                                "(?s)(host|accept|accept-encoding|user-agent|content-type|content-length|x-value|x-envoy-expected-rq-timeout-ms|traceparent): .*"));
        List<String> header = request.header("x-value");
        assertThat(header.isEmpty() || header.equals(List.of("a %s b".formatted(value))))
                .isTrue();
        if (made.group(1).equals("body-")) {
            JsonNode body = MAPPER.readTree(request.body());
            assertThat(body).isEqualTo(MAPPER.createArrayNode().add(value).add("<" + value + ">"));
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    }

    /// As servers may read a segment: as it stands, and decoded once or more often.
    private static List<String> readings(String segment) {
        return IntStream.range(0, 4)
                .boxed()
                .reduce(
                        List.of(segment),
                        (read, _) -> Stream.concat(read.stream(), Stream.of(lenient(read.getLast())))
                                .toList(),
                        (one, _) -> one);
    }

    private static String lenient(String text) {
        return Pattern.compile("%([0-9a-fA-F]{2})")
                .matcher(text)
                .replaceAll(escape ->
                        Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(escape.group(1), 16))));
    }

    private static boolean leaves(String segment) {
        return Stream.of(segment.split("[/\\\\]", -1)).anyMatch(part -> part.matches("\\.\\.?([;?#\\x00].*)?"));
    }
}
