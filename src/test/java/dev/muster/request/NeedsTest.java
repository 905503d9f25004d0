package dev.muster.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a call needs of others, and every way to say so that is none.
class NeedsTest {

    private static final String FIRST = "{\"id\": \"a\", \"url\": \"http://h/a\"},";

    @Test
    void aCallNeedsWhatItsTemplatesAndDependsOnName() {
        CallRequest call = second("""
                {"url": "http://h/{a#/body/x}?q={b.c-d_e#/status}", "dependsOn": ["f"],
                 "headers": {"if-match": "{a#/headers/etag/0}"}, "body": {"deep": [{"s": "x {g#/body} y"}]}}""", "b.c-d_e", "f", "g");

        Needs needs = Objects.requireNonNull(call.needs());
        assertThat(needs.calls()).containsOnlyKeys("a", "b.c-d_e", "f", "g");
        assertThat(needs.calls().get("f")).isEmpty();
        assertThat(needs.calls().get("a"))
                .extracting(pointer -> pointer.text())
                .containsExactlyInAnyOrder("/body/x", "/headers/etag/0");
        assertThat(needs.template().writtenUrl()).isEqualTo("http://h/{a#/body/x}?q={b.c-d_e#/status}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{{name}}",
                "{a}",
                "}",
                "}}{{",
                "a { b",
                "{\\\"a\\\":{\\\"b\\\":1}}",
                "{#/body}",
                "{a b#/body}",
                "#{a}",
                "fn() { return 1; } # {"
            })
    void aStringInWhichNoTemplateBeginsIsSentAsItStands(String text) {
        CallRequest call = second(
                "{\"url\": \"http://h/\", \"headers\": {\"x-a\": \"%s\"}, \"body\": \"%s\"}".formatted(text, text));

        assertThat(call.needs()).isNull();
        assertThat(body(call)).isEqualTo('"' + text + '"');
        assertThat(call.message().headers().get("x-a")).containsExactly(text.replace("\\\"", "\""));
    }

    @ParameterizedTest
    @CsvSource({
        "{{a#/body/x}}, {a#/body/x}",
        "{{{{a#}} {{, '{{a#} {'",
        "}} {{a#/status}} }}, } {a#/status} }",
    })
    void bracesThatAreDoubledAreBracesWhereATemplateMayBegin(String text, String sent) {
        CallRequest call = second(
                "{\"url\": \"http://h/\", \"headers\": {\"x-a\": \"%s\"}, \"body\": [\"%s\"]}".formatted(text, text));

        assertThat(call.needs()).isNull();
        assertThat(body(call)).isEqualTo("[\"" + sent + "\"]");
        assertThat(call.message().headers().get("x-a")).containsExactly(sent);
    }

    @Test
    void aBodyIsLookedThroughAlsoWhereItHasEscapes() {
        CallRequest call = second("{\"url\": \"http://h/\", \"body\": \"\\u007ba\\u0023/body\\u007d\"}");

        assertThat(Objects.requireNonNull(call.needs()).calls()).containsOnlyKeys("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"url\": \"http://{a#/body/h}/\" | /url | must have no template in its scheme, host or port",
                "\"url\": \"{a#/body/next}\" | /url | must have no template in its scheme, host or port",
                "\"url\": \"http://h:{a#/body/p}/\" | /url | must have no template in its scheme, host or port",
                "\"url\": \"{a#/body/s}://h/\" | /url | must have no template in its scheme, host or port",
                "\"url\": \"http://h{a#/body/rest}\" | /url | must have no template in its scheme, host or port",
                "\"url\": \"http://h/#{a#/body}\" | /url | must have no template in its fragment",
                "\"url\": \"http://h/../{a#/body}\" | /url | must not have dot segments next to a template",
                "\"url\": \"http://h/{a#/body} \" | /url | is not a valid URL: Illegal character in path at index 18",
                "\"service\": \"notes\", \"path\": \"{a#/body/x}\" | /path | must begin with /",
                "\"service\": \"notes\", \"path\": \"/../{a#/body/x}\" | /path | must not have dot segments",
                "\"service\": \"notes\", \"path\": \"/.{a#body}\" | /path | {a#body} has no JSON Pointer (RFC 6901) of at most 100 steps behind the #",
                "\"url\": \"http://h/{a#/body\" | /url | has an unbalanced brace at index 9: next to templates, write {{ and }} for braces",
                "\"url\": \"http://h/\", \"body\": {\"t\": [0, \"{a#/body/x}}\"]} | /body/t/1 | has an unbalanced brace at index 11: next to templates, write {{ and }} for braces",
                "\"url\": \"http://h/\", \"body\": \"{a#/body/x} {b}\" | /body | {b} is no template: next to one, write {{ and }} for braces",
                "\"url\": \"http://h/\", \"body\": {\"a/b\": \"{a#/bod/x}\"} | /body/a~1b | {a#/bod/x} leads to nothing that a result has: begin with /body, /headers or /status",
                "\"url\": \"http://h/\", \"body\": \"{a#}\" | /body | {a#} leads to nothing that a result has: begin with /body, /headers or /status",
                "\"url\": \"http://h/\", \"body\": \"{a#/status/0}\" | /body | {a#/status/0} leads to nothing that a result has: /status is a number",
                "\"url\": \"http://h/\", \"body\": \"{a#/headers/etag}\" | /body | {a#/headers/etag} leads to nothing that a result has: a header is /headers/NAME/INDEX",
                "\"url\": \"http://h/\", \"headers\": {\"x\": [\"ok\", \"{a#/body/~2}\"]} | /headers/x/1 | {a#/body/~2} has no JSON Pointer (RFC 6901) of at most 100 steps behind the #",
                "\"url\": \"http://h/\", \"headers\": {\"content-type\": \"{a#/body/t}\"} | /headers/content-type | must have no template",
                "\"url\": \"http://h/{c#/body}\" | /url | needs call c, which this batch does not have",
                "\"url\": \"http://h/\", \"dependsOn\": [\"a\", \"c\"] | /dependsOn/1 | needs call c, which this batch does not have",
                "\"url\": \"http://h/\", \"dependsOn\": [\"a b\"] | /dependsOn/0 | must be 1 to 64 of A-Z a-z 0-9 . _ -",
            })
    void aFaultHasItsPointer(String fields, String pointer, String detail) {
        assertThat(Documents.faults(Documents.withRequests(FIRST + "{\"id\": \"b\", " + fields + "}")))
                .containsExactly("#/requests/1" + pointer + ' ' + detail);
    }

    @Test
    void aCallHasAtMostSoManyTemplates() {
        String texts = IntStream.rangeClosed(0, Needs.MOST)
                .mapToObj(i -> "\"{a#/body/%d}\"".formatted(i))
                .collect(Collectors.joining(",", "[", "]"));

        assertThat(Documents.faults(
                        Documents.withRequests(FIRST + "{\"url\": \"http://h/\", \"body\": " + texts + "}")))
                .containsExactly("#/requests/1 must have at most 100 templates");
    }

    @Test
    void everyCircleIsToldOnce() {
        assertThat(Documents.faults(Documents.withRequests("""
                        {"id": "self", "url": "http://h/{self#/body}"},
                        {"id": "behind", "url": "http://h/", "dependsOn": ["b"]},
                        {"id": "a", "url": "http://h/{b#/body}"}, {"id": "b", "url": "http://h/", "dependsOn": ["c"]},
                        {"id": "c", "url": "http://h/", "dependsOn": ["a"]}""")))
                .containsExactly(
                        "#/requests/0 needs itself: self needs self",
                        "#/requests/3 needs itself: b needs c needs a needs b");
    }

    @Test
    void aHundredLevelsAreTakenAndNotOneMore() {
        var reader = new BatchReader(1_000, Set.of());

        assertThat(reader.read(chain(100), DocumentMemory.UNCOUNTED).calls()).hasSize(100);
        assertThat(catchThrowableOfType(
                                InvalidBatchException.class, () -> reader.read(chain(102), DocumentMemory.UNCOUNTED))
                        .faults())
                .containsExactly(
                        new Fault("#/requests/1", "is on level 101 of calls that need each other, of at most 100"));
    }

    /// Each call needs the one behind it.
    private static byte[] chain(int levels) {
        return Documents.withRequests(IntStream.range(0, levels)
                        .mapToObj(i -> "{\"url\": \"http://h/\"%s}"
                                .formatted(i == levels - 1 ? "" : ", \"dependsOn\": [\"%d\"]".formatted(i + 1)))
                        .collect(Collectors.joining(",")))
                .getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"http://h/{a#/body}\"",
                "{\"url\": \"http://h/\", \"dependsOn\": [\"a\"]}",
                "{\"url\": \"http://h/\", \"body\": \"{a#/body}\"}",
            })
    void aLineKnowsNoOtherCall(String line) {
        var lines = new LineReader(LineFormat.NDJSON, Set.of());

        assertThat(lines.read((line + "\n").getBytes(StandardCharsets.UTF_8)))
                .singleElement()
                .isInstanceOfSatisfying(
                        InputLine.Invalid.class,
                        invalid -> assertThat(invalid.faults())
                                .singleElement()
                                .extracting(Fault::detail)
                                .isEqualTo(CallReader.STANDS_ALONE));
    }

    private static CallRequest second(String call, String... others) {
        String more = List.of(others).stream()
                .map(id -> ",{\"id\": \"%s\", \"url\": \"http://h/\"}".formatted(id))
                .collect(Collectors.joining());
        return Documents.read(Documents.withRequests(FIRST + call + more))
                .calls()
                .get(1);
    }

    private static String body(CallRequest call) {
        return new String(Objects.requireNonNull(call.message().body()).bytes(), StandardCharsets.UTF_8);
    }
}
