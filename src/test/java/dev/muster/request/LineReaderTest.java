package dev.muster.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Lines, whatever pieces they come in.
class LineReaderTest {

    private static final String SAMPLE = """
            \uFEFF"http://a/1"\r

              \r
            {"id": "x", "url": "http://b/ü", "method": "PUT", "body": {"n": 1.10}}
            {"url": 7}
            {}
            [1]
            "http://c/" 2
            no json
            {"id": "x", "service": "s", "path": "/"}
            {"service": "t", "path": "/"}
            "http://last/\"""";

    private static final String LIST = """
            \uFEFFhttp://a/1\r
            # a comment\r
            \r
              http://b/ü\s
            ftp://c/
            http://u@d/
            http:///
            http://e/
            #
            http://last/""";

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 64, 10_000})
    void theLinesAreTheSameWhateverPiecesTheyComeIn(int size) {
        assertThat(read(LineFormat.NDJSON, SAMPLE.getBytes(UTF_8), size))
                .containsExactly(
                        "1 call 0: 0 GET http://a/1",
                        "2 silent",
                        "3 silent",
                        "4 call 1: x PUT http://b/ü",
                        "5 invalid 2: #/url must be a string",
                        "6 invalid 3: # needs either url, or service and path",
                        "7 invalid 4: # must be a URL or an object",
                        "8 invalid 5: # malformed JSON at line 1, column 13: something follows the document",
                        "9 invalid 6: # malformed JSON at line 1, column 1: Unrecognized token 'no': was expecting "
                                + "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
                        "10 call 7: x GET s/",
                        "11 invalid 8: #/service is not a configured service",
                        "12 call 9: 9 GET http://last/");
        assertThat(read(LineFormat.URI_LIST, LIST.getBytes(UTF_8), size))
                .containsExactly(
                        "1 call 0: 0 GET http://a/1",
                        "2 silent",
                        "3 silent",
                        "4 call 1: 1 GET http://b/ü",
                        "5 invalid 2: # must be an absolute http or https URL",
                        "6 invalid 3: # must not carry user information",
                        "7 invalid 4: # has no valid host",
                        "8 call 5: 5 GET http://e/",
                        "9 silent",
                        "10 call 6: 6 GET http://last/");
    }

    /// The bytes of a line that is too long are not kept, however many they are.
    @ParameterizedTest
    @EnumSource
    void aLineThatIsTooLongIsInvalidAndTheNextIsNot(LineFormat format) {
        String url = format == LineFormat.NDJSON ? "\"http://a/\"" : "http://a/";
        String text =
                "x".repeat(LineReader.MOST_BYTES + 1) + "\n" + url + "\n" + "y".repeat(10 * LineReader.MOST_BYTES);

        assertThat(read(format, text.getBytes(UTF_8), 10_000))
                .containsExactly(
                        "1 invalid 0: # a line has at most 65536 bytes",
                        "2 call 1: 1 GET http://a/",
                        "3 invalid 2: # a line has at most 65536 bytes");
    }

    @Test
    void aLineOfTheMostBytesIsRead() {
        String line = "{\"service\": \"s\", \"path\": \"/\", \"body\": \"";
        String longest = line + "x".repeat(LineReader.MOST_BYTES - line.length() - 2) + "\"}";

        assertThat(read(LineFormat.NDJSON, (longest + "\n").getBytes(UTF_8), 1_000))
                .containsExactly("1 call 0: 0 POST s/");
    }

    static Stream<byte[]> foreign() {
        return Stream.of(
                "http://a/ü\n".getBytes(StandardCharsets.ISO_8859_1),
                "http://a/\n".getBytes(StandardCharsets.UTF_16LE));
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void whatIsNotUtf8IsInvalid(byte[] text) {
        for (LineFormat format : LineFormat.values()) {
            assertThat(read(format, text, 3)).allMatch(line -> line.contains("invalid"));
        }
    }

    @Test
    void nothingIsNoLine() {
        assertThat(read(LineFormat.NDJSON, new byte[0], 1)).isEmpty();
    }

    @Test
    void aCallTellsWhatItTakesOnTheHeap() {
        String small = "{\"service\": \"s\", \"path\": \"/\"}";
        String large = "{\"service\": \"s\", \"path\": \"/\", \"body\": \"%s\"}".formatted("x".repeat(10_000));

        assertThat(bytes(large) - bytes(small)).isBetween(10_000L, 11_000L);
    }

    private static long bytes(String line) {
        var reader = new LineReader(LineFormat.NDJSON, Set.of("s"));
        return ((InputLine.Call)
                        reader.read((line + "\n").getBytes(UTF_8)).iterator().next())
                .bytes();
    }

    private static List<String> read(LineFormat format, byte[] text, int size) {
        var reader = new LineReader(format, Set.of("s"));
        var lines = new ArrayList<String>();
        for (int from = 0; from < text.length; from += size) {
            reader.read(Arrays.copyOfRange(text, from, Math.min(text.length, from + size)))
                    .forEach(line -> lines.add(describe(line)));
        }
        reader.end().forEach(line -> lines.add(describe(line)));
        return lines;
    }

    private static String describe(InputLine line) {
        return line.number()
                + switch (line) {
                    case InputLine.Silent _ -> " silent";
                    case InputLine.Invalid(var _, int index, List<Fault> faults) ->
                        " invalid %d: %s %s"
                                .formatted(
                                        index,
                                        faults.getFirst().pointer(),
                                        faults.getFirst().detail());
                    case InputLine.Call call -> " call %d: %s".formatted(call.index(), describe(call.request()));
                };
    }

    private static String describe(CallRequest request) {
        return "%s %s %s"
                .formatted(
                        request.id(),
                        request.message().method(),
                        switch (request.target()) {
                            case Target.Url(String text, var _) -> text;
                            case Target.ServicePath(String service, String path) -> service + path;
                        });
    }
}
