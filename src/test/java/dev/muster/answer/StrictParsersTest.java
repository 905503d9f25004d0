package dev.muster.answer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.Named.named;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.UpstreamResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Whatever upstreams say is JSON, the parsers of clients read the whole answer: as a document, as a problem, where a
/// body is deepest, and as a line of a stream.
///
/// Each parser gets all answers at once. One that is not installed reads nothing here.
@Timeout(120)
class StrictParsersTest {

    @TempDir
    Path directory;

    /// Bodies that upstreams send as JSON, some of which are.
    private static List<byte[]> bodies() {
        List<byte[]> bodies = new ArrayList<>();
        Stream.of(
                        // What is JSON for everyone.
                        "{}",
                        "[1.10, 12345678901234567890, 1E300, -0, -0.0, 0e0, 1e-400, -1E-999]",
                        "{\"a\": 1, \"a\": 2, \"\": 3, \"a\\u0000\": \"\\u0000\"}",
                        "\"\\ud83d\\ude00 \\u0000 \\/ \u2028 \u007f \ufffe\"",
                        "[\n1,\r\n2\r]",
                        "0." + "0".repeat(399) + "1",
                        "-" + "9".repeat(308),
                        // Numbers.
                        "1e400",
                        "[-1E+400]",
                        "{\"a\": 1.5e999999999999}",
                        "1e-999999999999",
                        "9".repeat(400),
                        "[-" + "1".repeat(310) + ".5]",
                        "0." + "3".repeat(5_000),
                        "1" + "0".repeat(5_000) + "e-5000",
                        "[1.7976931348623157e308, 1.7976931348623159e308]",
                        "NaN",
                        "[Infinity, -Infinity]",
                        "01",
                        "+1",
                        "1.",
                        ".5",
                        "0x10",
                        "1_000",
                        // Halves of surrogate pairs, alone, in the wrong order, in names.
                        "{\"t\": \"Hi \\ud83d\"}",
                        "[\"\\ude00\"]",
                        "[\"\\ude00\\ud83d\"]",
                        "[\"\\ud83d\\ud83d\\ude00\"]",
                        "[\"\\ud83d\\\\ude00\"]",
                        "{\"\\ud83d\": 1}",
                        "{\"a\\uDE00\": {\"b\": []}}",
                        // NUL and other control characters.
                        "{\"\\u0000a\": 1}",
                        "{\"a\": [{\"\\u0000\": 1}]}",
                        "[\"\u0000\"]",
                        "{\"\u0000\": 1}",
                        "[\"\u0001\t\n\"]",
                        "{}\u0000",
                        // What is almost JSON.
                        "[1,]",
                        "{\"a\": 1,}",
                        "[,1]",
                        "[1, // one\n2]",
                        "[1 /* one */]",
                        "# one\n1",
                        "{'a': 'b'}",
                        "{a: 1}",
                        "{\"a\"}",
                        "\"\\x41\"",
                        "\"\\u12\"",
                        "\"open",
                        "{} {}",
                        "1 2",
                        "{\"a\": 1}\n{\"a\": 2}\n",
                        "]",
                        "True",
                        "nul",
                        "undefined",
                        "<html>",
                        ")]}',\n{}",
                        "",
                        " ",
                        "\r\n\t ",
                        "\ufeff",
                        "\ufeff{}",
                        "\ufeff\ufeff{}",
                        "\u00a0{}",
                        "\u2028[]",
                        // What would leave its place.
                        "1}, {\"id\": \"forged\"",
                        "\"\\u0022}],\"",
                        "null,\"x\":null")
                .map(body -> body.getBytes(UTF_8))
                .forEach(bodies::add);
        // Neither UTF-8 nor ASCII: overlong, half a pair, beyond Unicode, cut off, Latin-1.
        Stream.of(
                        "\"\u00c0\u0080\"",
                        "{\"\u00e0\u0080\u00af\": 1}",
                        "[\"\u00ed\u00a0\u0080\"]",
                        "[\"\u00ed\u00a0\u0080\u00ed\u00b0\u0080\"]",
                        "\"\u00f4\u0090\u0080\u0080\"",
                        "\"\u00e2\u0082\"",
                        "\"\u00fc\"",
                        "\u00ff\u00fe[\u0000]\u0000",
                        "\u0000[\u0000]")
                .map(body -> body.getBytes(ISO_8859_1))
                .forEach(bodies::add);
        for (int levels : new int[] {59, 60, 61, 64, 65, 100, 127, 128, 129, 256, 257, 300, 512, 513, 1_000, 10_001}) {
            bodies.add(nested(levels, "[", "]"));
            bodies.add(nested(levels, "{\"a\":", "}"));
            bodies.add(nested(levels / 2, "[{\"a\":", "}]"));
            bodies.add(nested(levels, "[1,", ",{}]"));
        }
        return bodies;
    }

    private static byte[] nested(int levels, String open, String close) {
        return (open.repeat(levels) + "1" + close.repeat(levels)).getBytes(UTF_8);
    }

    private static List<byte[]> answers() {
        List<byte[]> answers = new ArrayList<>();
        for (byte[] body : bodies()) {
            CallOutcome outcome = Outcomes.succeeded(new UpstreamResponse(
                    200, Map.of("content-type", List.of("application/json; charset=utf-8")), body));
            var document = new ByteArrayOutputStream();
            Outcomes.WRITER.writeBatch(document, Outcomes.summary(Outcomes.partial()), List.of(outcome));
            answers.add(document.toByteArray());
            var problem = new ByteArrayOutputStream();
            Outcomes.WRITER.writeProblem(
                    problem,
                    json -> json.writeStringProperty("title", "Batch failed"),
                    Outcomes.summary(Outcomes.partial()),
                    List.of(outcome, outcome));
            answers.add(problem.toByteArray());
            answers.add(Outcomes.bytes(StreamFormat.NDJSON.result(Outcomes.WRITER, outcome, 1)));
        }
        return answers;
    }

    /// A command that reads the JSON of each file in the directory that follows, and prints a line for each that it
    /// does not read, and then `read` and their number.
    record Parser(String installed, String command, String fileName, String program) {}

    static Stream<Arguments> readsEveryAnswer() {
        return Stream.of(
                of("jq", "command -v jq", "sh $0 $1", "jq.sh", """
                        n=0
                        for answer in "$1"/*.json; do cat "$answer"; echo; done | jq -c 'type' >"$1/types" || echo "jq stopped"
                        echo "read $(wc -l <"$1/types")"
                        """),
                of("Python", "python3 -c 'import json'", "python3 $0 $1", "strict.py", python("json.loads(text)")),
                of(
                        "orjson",
                        "python3 -c 'import orjson'",
                        "python3 $0 $1",
                        "with-orjson.py",
                        python("orjson.loads(text)")),
                of("PHP", "command -v php", "php $0 $1", "strict.php", """
                        <?php
                        $n = 0;
                        foreach (glob($argv[1] . '/*.json') as $answer) {
                            try {
                                json_decode(file_get_contents($answer), false, 512, JSON_THROW_ON_ERROR);
                                $n++;
                            } catch (JsonException $e) { echo $answer, ': ', $e->getMessage(), "\\n"; }
                        }
                        echo "read $n\\n";
                        """),
                of("Go", "command -v go", "go run $0 $1", "strict.go", """
                        package main

                        import ("encoding/json"; "fmt"; "os"; "path/filepath")

                        func main() {
                            n := 0
                            answers, _ := filepath.Glob(filepath.Join(os.Args[1], "*.json"))
                            for _, answer := range answers {
                                text, _ := os.ReadFile(answer)
                                var value any
                                if err := json.Unmarshal(text, &value); err != nil {
                                    fmt.Println(answer, err)
                                } else { n++ }
                            }
                            fmt.Println("read", n)
                        }
                        """),
                of("Node", "command -v node", "node $0 $1", "strict.js", """
                        const fs = require('fs');
                        let n = 0;
                        for (const answer of fs.readdirSync(process.argv[2]).filter(name => name.endsWith('.json'))) {
                            try {
                                const bytes = fs.readFileSync(process.argv[2] + '/' + answer);
                                JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes));
                                n++;
                            } catch (e) { console.log(answer, e.message); }
                        }
                        console.log('read', n);
                        """));
    }

    private static Arguments of(String name, String installed, String command, String fileName, String program) {
        return Arguments.of(named(name, new Parser(installed, command, fileName, program)));
    }

    private static String python(String parse) {
        return """
                import glob, json, sys
                try: import orjson
                except ImportError: pass
                def none(constant): raise ValueError(constant)
                n = 0
                for answer in glob.glob(sys.argv[1] + '/*.json'):
                    text = open(answer, 'rb').read()
                    try:
                        text.decode('utf-8')
                        json.dumps(%s, ensure_ascii=False, allow_nan=False).encode('utf-8')
                        n += 1
                    except Exception as e: print(answer, e)
                print('read', n)
                """.formatted(parse);
    }

    @ParameterizedTest
    @MethodSource
    void readsEveryAnswer(Parser parser) throws Exception {
        assumeTrue(start(parser.installed()).waitFor() == 0, "the parser is not installed");
        List<byte[]> answers = answers();
        Path documents = Files.createDirectory(directory.resolve("answers"));
        for (int i = 0; i < answers.size(); i++) {
            Files.write(documents.resolve(i + ".json"), answers.get(i));
        }
        Path program = Files.writeString(directory.resolve(parser.fileName()), parser.program());

        assertThat(start(parser.command(), program.toString(), documents.toString())
                        .inputReader()
                        .lines())
                .containsExactly("read " + answers.size());
    }

    /// @param arguments `$0` and so on
    private Process start(String command, String... arguments) throws IOException {
        return new ProcessBuilder(Stream.concat(Stream.of("sh", "-c", command), Stream.of(arguments))
                        .toList())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
    }

    /// As clients in Java are advised to, and with no more levels than .NET has.
    @Test
    void jacksonReadsEveryAnswerWithNoMoreLevelsThanOthersHave() {
        var strict = JsonMapper.builder(JsonFactory.builder()
                        .streamReadConstraints(StreamReadConstraints.builder()
                                .maxNestingDepth(64)
                                .build())
                        .build())
                .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .build();

        assertThat(answers()).allSatisfy(answer -> {
            try {
                strict.readTree(answer);
            } catch (JacksonException unreadable) {
                throw new AssertionError(new String(answer, UTF_8), unreadable);
            }
        });
    }
}
