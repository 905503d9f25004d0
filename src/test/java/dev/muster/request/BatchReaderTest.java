package dev.muster.request;

import static dev.muster.request.Documents.faults;
import static dev.muster.request.Documents.pointers;
import static dev.muster.request.Documents.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The batch itself: its fields, its defaults, and the document around them.
class BatchReaderTest {

    @Test
    void fillsDefaultsInWhenOnlyRequestsAreGiven() {
        BatchRequest batch = read("""
                {"requests": ["http://a/1", "https://b:8443/2"]}""");

        assertThat(batch.strategy()).isEqualTo(StrategyName.GATHER);
        assertThat(batch.timeout()).isNull();
        assertThat(batch.onFailure()).isEqualTo(OnFailure.COLLECT);
        assertThat(batch.concurrency()).isNull();
        assertThat(batch.minSuccess()).isNull();
        assertThat(batch.waiting().returnWhen()).isEqualTo(ReturnWhen.ALL_COMPLETED);
        assertThat(batch.calls()).extracting(CallRequest::id).containsExactly("0", "1");
    }

    @Test
    void readsEveryFieldThatAGroupHas() {
        BatchRequest batch = read("""
                {"strategy": "as-completed", "timeout": "800ms", "onFailure": "fail", "concurrency": 64, "minSuccess": 2,
                 "requests": ["http://a/", "http://b/"]}""");

        assertThat(batch.strategy()).isEqualTo(StrategyName.AS_COMPLETED);
        assertThat(batch.timeout()).isEqualTo(Duration.ofMillis(800));
        assertThat(batch.onFailure()).isEqualTo(OnFailure.FAIL);
        assertThat(batch.concurrency()).isEqualTo(64);
        assertThat(batch.minSuccess()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(ReturnWhen.class)
    void readsEveryFieldThatWaitHas(ReturnWhen returnWhen) {
        BatchRequest batch = read("""
                {"strategy": "wait", "returnWhen": "%s", "pending": "cancel", "requests": ["http://a/"]}""".formatted(returnWhen.wireName()));

        assertThat(batch.strategy()).isEqualTo(StrategyName.WAIT);
        assertThat(batch.waiting().returnWhen()).isEqualTo(returnWhen);
    }

    @ParameterizedTest
    @EnumSource(StrategyName.class)
    void readsEveryStrategy(StrategyName strategy) {
        assertThat(read("""
                {"strategy": "%s", "requests": ["http://a/"]}""".formatted(strategy.wireName())).strategy()).isEqualTo(strategy);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"requests": []}                                            | #/requests    | must have at least one request
            {}                                                          | #/requests    | is required
            {"requests": "http://a/"}                                   | #/requests    | must be an array
            {"requests": null}                                          | #/requests    | is required
            {"requests": {"0": "http://a/"}}                            | #/requests    | must be an array
            {"requests": ["http://a/"], "strategy": "zip"}              | #/strategy    | must be one of gather, as-completed, first-completed, wait
            {"requests": ["http://a/"], "strategy": "GATHER"}           | #/strategy    | must be one of gather, as-completed, first-completed, wait
            {"requests": ["http://a/"], "strategy": ["gather"]}         | #/strategy    | must be a string
            {"requests": ["http://a/"], "timeout": 250}                 | #/timeout     | must be a string
            {"requests": ["http://a/"], "timeout": "soon"}              | #/timeout     | must be a positive duration such as 250ms, 2s or PT0.25S
            {"requests": ["http://a/"], "onFailure": "ignore"}          | #/onFailure   | must be one of collect, fail
            {"requests": ["http://a/"], "concurrency": 0}               | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "concurrency": -1}              | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "concurrency": 1.0}             | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "concurrency": "4"}             | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "concurrency": 2147483648}      | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "concurrency": 9999999999999999999999} | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "concurrency": [1]}             | #/concurrency | must be a whole number of at least 1
            {"requests": ["http://a/"], "minSuccess": 0}                | #/minSuccess  | must be a whole number of at least 1
            {"requests": ["http://a/"], "minSuccess": 2}                | #/minSuccess  | must be at most the number of requests, 1
            {"requests": ["http://a/"], "strategy": "wait", "returnWhen": "never"} | #/returnWhen | must be one of all-completed, first-exception, first-completed
            {"requests": ["http://a/"], "pending": "detach"}                       | #/pending    | has no use with strategy gather
            {"requests": ["http://a/"], "strategy": "wait", "pending": "keep"}     | #/pending    | must be one of cancel, detach
            {"requests": ["http://a/"], "strategy": "wait", "pending": true}       | #/pending    | must be a string
            {"requests": ["http://a/"], "retries": {"max": [3]}}        | #/retries     | unknown field
            {"requests": ["http://a/"], "Strategy": "gather"}           | #/Strategy    | unknown field
            {"requests": ["http://a/"], "": 1}                          | #/            | unknown field
            {"timeout": "1s", "requests": ["http://a/"], "timeout": "2s"} | #/timeout   | is given twice
            {"requests": ["http://a/"], "requests": ["no URL"]}         | #/requests    | is given twice
            {"requests": ["http://a/"], "x": 1, "x": 2}                 | #/x           | unknown field
            """)
    void refusesABatchWhenAFieldIsWrong(String document, String pointer, String detail) {
        assertThat(faults(document)).startsWith(pointer + ' ' + detail);
        assertThat(pointers(document)).containsOnly(pointer);
    }

    /// One wrong thing is one fault.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"requests\": 5}",
                "{\"requests\": null}",
                "{\"requests\": [{\"url\": \"http://a/\", \"success\": \"2xx\"}]}",
                "{\"requests\": [{\"url\": \"http://a/\", \"success\": [404]}]}",
                "{\"requests\": [{\"url\": \"http://a/\", \"id\": \"no id!\"}, {\"url\": \"http://a/\", \"id\": \"0\"}]}",
                "{\"requests\": [5, {\"url\": \"http://a/\", \"id\": \"0\"}]}",
                "{\"minSuccess\": 1, \"requests\": []}",
                "{\"strategy\": \"zip\", \"onFailure\": \"fail\", \"returnWhen\": \"first-completed\", \"requests\": [\"http://a/\"]}"
            })
    void namesAFaultOnce(String document) {
        assertThat(faults(document)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gather          | "returnWhen": "first-completed" | #/returnWhen
            as-completed    | "returnWhen": "first-exception" | #/returnWhen
            first-completed | "returnWhen": "first-completed" | #/returnWhen
            first-completed | "onFailure": "fail"             | #/onFailure
            first-completed | "minSuccess": 1                 | #/minSuccess
            wait            | "onFailure": "fail"             | #/onFailure
            wait            | "minSuccess": 1                 | #/minSuccess
            """)
    void refusesAFieldWhenItsStrategyHasNoUseForIt(String strategy, String field, String pointer) {
        String fault = pointer + " has no use with strategy " + strategy;

        assertThat(faults("""
                {"strategy": "%s", %s, "requests": ["http://a/"]}""".formatted(strategy, field))).containsExactly(fault);
        assertThat(faults("""
                {"requests": ["http://a/"], %s, "strategy": "%s"}""".formatted(field, strategy))).as("strategy last").containsExactly(fault);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"returnWhen\": \"first-completed\"", "\"returnWhen\": \"first-exception\""})
    void refusesAFieldOfWaitWhenTheStrategyIsTheDefault(String field) {
        assertThat(faults("{%s, \"requests\": [\"http://a/\"]}".formatted(field)))
                .singleElement()
                .asString()
                .endsWith("has no use with strategy gather");
    }

    @ParameterizedTest
    @ValueSource(strings = {"first-completed", "wait"})
    void refusesRequiredWhenTheStrategyHasNoUseForIt(String strategy) {
        assertThat(faults("""
                {"requests": ["http://a/", {"url": "http://b/", "required": true}], "strategy": "%s"}""".formatted(strategy)))
                .containsExactly("#/requests/1/required has no use with strategy " + strategy);
    }

    @Test
    void namesEveryFaultAtOnce() {
        assertThat(pointers("""
                {"strategy": "wait", "timeout": "x", "minSuccess": 9, "colour": "red", "requests": [
                  "http://a/",
                  "ftp://a/",
                  {"id": "a b", "url": "http://a/", "timeout": "0s", "headers": {"host": "b", "x": 1}},
                  {"id": "twin", "url": "http://a/"},
                  {"id": "twin", "url": "http://a/"},
                  7]}"""))
                .containsExactlyInAnyOrder(
                        "#/timeout",
                        "#/minSuccess",
                        "#/minSuccess",
                        "#/colour",
                        "#/requests/1",
                        "#/requests/2/id",
                        "#/requests/2/timeout",
                        "#/requests/2/headers/host",
                        "#/requests/2/headers/x",
                        "#/requests/4/id",
                        "#/requests/5");
    }

    @Test
    void namesEveryFaultOfACallWithoutATarget() {
        assertThat(pointers("""
                {"strategy": "wait", "requests": [
                  {"id": "twin", "url": "nowhere", "required": true},
                  {"id": "twin", "url": "http://a/"}]}"""))
                .containsExactlyInAnyOrder("#/requests/0/url", "#/requests/0/required", "#/requests/1/id");
    }

    @Test
    void keepsFaultsFoundBeforeTheDocumentBreaks() {
        assertThat(faults("""
                {"timeout": "x", "requests": [}""")).hasSize(2).first().asString().startsWith("#/timeout ");
    }

    @Test
    void boundsTheNumberOfFaults() {
        String fields =
                IntStream.range(0, 5_000).mapToObj(i -> "\"x" + i + "\":0").collect(Collectors.joining(","));

        assertThat(faults("{" + fields + "}")).hasSize(101).endsWith("#/x99 unknown field", "# and more");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            "timeout": null
            "concurrency": null
            "minSuccess": null
            "onFailure": null
            "onFailure": "collect"
            "returnWhen": null
            "returnWhen": "all-completed"
            "pending": null
            "pending": "cancel"
            """)
    void takesWhatIsNullOrItsDefaultAsLeftOutUnderEveryStrategy(String field) {
        for (StrategyName strategy : StrategyName.values()) {
            String requests = "\"requests\": [\"http://a/\"]";

            assertThat(read("{\"strategy\": \"%s\", %s, %s}".formatted(strategy.wireName(), field, requests)))
                    .usingRecursiveComparison()
                    .isEqualTo(read("{\"strategy\": \"%s\", %s}".formatted(strategy.wireName(), requests)));
        }
        assertThat(read("{\"strategy\": null, \"requests\": [\"http://a/\"]}").strategy())
                .isEqualTo(StrategyName.GATHER);
    }

    @Test
    void anUnknownFieldIsAFaultAlsoWhenItIsNull() {
        assertThat(faults("{\"retries\": null, \"requests\": [\"http://a/\"]}"))
                .containsExactly("#/retries unknown field");
    }

    @Test
    void refusesEveryDocumentThatEndsTooEarly() {
        String document = """
                {"timeout": "1s", "concurrency": 12, "requests": [{"url": "http://a/é", "body": {"a": [1, -0, true, null]},
                 "method": "PUT", "headers": {"a": ["b"]}, "redirects": 3, "required": false, "bodyBase64": null}]}""";
        byte[] bytes = document.getBytes(StandardCharsets.UTF_8);

        assertThat(read(bytes).calls()).hasSize(1);
        for (int end = 0; end < bytes.length; end++) {
            assertThat(faults(Arrays.copyOf(bytes, end))).as("%d bytes", end).isNotEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a/b      | a~1b
            a~b      | a~0b
            ~1       | ~01
            a b      | a%20b
            a+b      | a%2Bb
            50%      | 50%25
            ü€       | %C3%BC%E2%82%AC
            😀       | %F0%9F%98%80
            x*y      | x*y
            #        | %23
            a-b._C9  | a-b._C9
            """)
    void escapesTheNameInAPointerWhenItIsNotPlain(String name, String escaped) {
        assertThat(pointers("{\"requests\": [\"http://a/\"], \"%s\": 1}".formatted(name)))
                .containsExactly("#/" + escaped);
        assertThat(pointers("{\"requests\": [{\"url\": \"http://a/\", \"headers\": {\"%s\": 1}}]}".formatted(name)))
                .contains("#/requests/0/headers/" + escaped)
                .containsOnly("#/requests/0/headers/" + escaped);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            250ms             | PT0.25S
            1ms               | PT0.001S
            2s                | PT2S
            1m                | PT1M
            1h                | PT1H
            PT0.25S           | PT0.25S
            PT1M30S           | PT1M30S
            P1D               | PT24H
            0250ms            | PT0.25S
            999999999999999ms | PT277777777H46M39.999S
            999999999999999s  | PT277777777777H46M39S
            999999999999999h  | PT999999999999999H
            """)
    void readsADuration(String text, Duration duration) {
        assertThat(read("""
                {"timeout": "%s", "requests": ["http://a/"]}""".formatted(text)).timeout()).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "250",
                " 5s",
                "5s ",
                "5 s",
                "0ms",
                "0s",
                "-1s",
                "+1s",
                "1.5s",
                "1S",
                "1MS",
                "5us",
                "ms",
                "PT",
                "P",
                "PT0S",
                "PT-1S",
                "-PT1S",
                "pt1s",
                "1s2ms",
                "9999999999999999s",
                "PT9999999999999999999999S",
                "١s"
            })
    void refusesADurationWhenItIsNotPositiveOrNotOne(String text) {
        assertThat(faults("""
                {"timeout": "%s", "requests": [{"url": "http://a/", "timeout": "%s"}]}""".formatted(text, text)))
                .containsExactly(
                        "#/timeout must be a positive duration such as 250ms, 2s or PT0.25S",
                        "#/requests/0/timeout must be a positive duration such as 250ms, 2s or PT0.25S");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {                                  | 1 | 2
            {"requests": ["http://a/"          | 1 | 26
            {"requests": ["http://a/",]}       | 1 | 27
            {"requests": ["http://a/"],}       | 1 | 28
            {"requests": ["http://a/]}         | 1 | 27
            {"requests" ["http://a/"]}         | 1 | 13
            {requests: ["http://a/"]}          | 1 | 2
            {"requests": [nope]}               | 1 | 15
            {"timeout": 01, "requests": []}    | 1 | 15
            {"timeout": "\\x"}                 | 1 | 15
            {"requests": ["http://a/"]} x      | 1 | 29
            {"requests": ["http://a/"]}}       | 1 | 28
            """)
    void namesLineAndColumnWhenTheDocumentIsMalformed(String document, int line, int column) {
        assertThat(faults(document))
                .last()
                .asString()
                .startsWith("# malformed JSON at line %d, column %d: ".formatted(line, column));
    }

    @Test
    void saysNothingOfItsParserWhenTheDocumentIsCutOff() {
        assertThat(faults("{\"requests\": [\"http://a/\""))
                .containsExactly("# malformed JSON at line 1, column 26: "
                        + "Unexpected end-of-input: expected close marker for Array");
    }

    @Test
    void countsLinesWhenTheDocumentHasSeveral() {
        assertThat(faults("{\n  \"requests\": [\r\n    \"http://a/\",\n    oops]}"))
                .singleElement()
                .asString()
                .startsWith("# malformed JSON at line 4, column ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t"})
    void refusesADocumentWhenItIsEmpty(String document) {
        assertThat(faults(document)).containsExactly("# malformed JSON at line 1, column 1: the document is empty");
    }

    @Test
    void refusesADocumentWhenAnotherFollowsIt() {
        assertThat(faults("{\"requests\": [\"http://a/\"]}\n {}"))
                .containsExactly("# malformed JSON at line 2, column 2: something follows the document");
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "\"text\"", "null", "true", "[]", "[{\"requests\": [\"http://a/\"]}]"})
    void refusesADocumentWhenItIsNoObject(String document) {
        assertThat(faults(document)).containsExactly("# must be an object");
    }

    @Test
    void readsADocumentWhenItBeginsWithAByteOrderMark() {
        BatchRequest batch = read("\uFEFF{\"requests\": [{\"url\": \"http://a/\", \"body\": {\"a\": 1}}]}");

        assertThat(batch.calls().getFirst().message().body())
                .extracting(RequestBody::bytes)
                .isEqualTo("{\"a\": 1}".getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE"})
    void refusesADocumentWhenItIsNotUtf8(String charset) {
        assertThat(faults("{\"requests\": [\"http://a/\"]}".getBytes(Charset.forName(charset))))
                .containsExactly("# malformed JSON at line 1, column 1: the document must be UTF-8");
    }

    @Test
    void refusesADocumentWhenItHasInvalidUtf8() {
        var document = new ByteArrayOutputStream();
        document.writeBytes("{\"requests\": [\"http://a/".getBytes(StandardCharsets.US_ASCII));
        document.write(0xFF);
        document.writeBytes("\"]}".getBytes(StandardCharsets.US_ASCII));

        assertThat(faults(document.toByteArray())).singleElement().asString().startsWith("# malformed JSON at line 1");
    }

    @ParameterizedTest
    @ValueSource(ints = {600, 100_000})
    void refusesADocumentWhenItIsNestedTooDeep(int depth) {
        String deep = "[".repeat(depth) + "]".repeat(depth);

        assertThat(faults("{\"requests\": [{\"url\": \"http://a/\", \"body\": %s}]}".formatted(deep)))
                .containsExactly("#/requests/0/body Document nesting depth (501) exceeds the maximum allowed (500)");
    }

    @Test
    void readsADocumentWhenItHasAsManyRequestsAsAllowed() {
        assertThat(read(withCalls(10)).calls()).hasSize(10);
    }

    @Test
    void refusesADocumentAsTooLargeWhenItHasOneRequestMore() {
        assertThatExceptionOfType(BatchTooLargeException.class)
                .isThrownBy(() -> read(withCalls(11)))
                .withMessage("a batch has at most 10 requests");
    }

    private static String withCalls(int count) {
        return "{\"requests\":[" + String.join(",", Collections.nCopies(count, "\"http://a/\"")) + "]}";
    }
}
