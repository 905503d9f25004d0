package dev.muster.answer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.request.Pick;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class PickedBodyTest {

    private static final JsonMapper JSON = new JsonMapper();
    private static final StrictJson STRICT = new StrictJson(60, 1_000);

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "nothing", textBlock = """
            /data/items       | {"data": {"items": [1, 2 ], "x": 1}} | [1, 2 ]
            ''                | {"a": 1.10}                          | {"a": 1.10}
            /a                | {"a": 1.10}                          | 1.10
            /a                | {"a":-0e2}                           | -0e2
            /a                | {"a" : 123456789012345678901 , "b":1} | 123456789012345678901
            /a                | { "a" : "\\u00e9 \\"x\\"" }          | "\\u00e9 \\"x\\""
            /a                | {"a":true}                           | true
            /a                | {"a":null}                           | null
            /1/b              | [{"b": 1}, {"b": 2}]                 | 2
            /01               | [0, 1]                               | nothing
            /-                | [0, 1]                               | nothing
            /1                | {"1": "name"}                        | "name"
            /a~1b/c~0d        | {"a/b": {"c~d": 5}}                  | 5
            /é                | {"\\u00e9": 1}                       | 1
            /                 | {"": 1}                              | 1
            /a/b              | {"a": 1}                             | nothing
            /a                | [1]                                  | nothing
            /a                | 5                                    | nothing
            ''                | 5                                    | 5
            /a                | {"a": 1, "a": 2}                     | 2
            """)
    void aPointerMakesItsValueTheBody(String pointer, String body, @Nullable String expected) {
        assertThat(pick(body, new Pick.At(pointer))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "nothing", textBlock = """
            /a          | {"a": 1, "b": 2}                     | {"a": 1}
            /b /a       | {"a": 1,"c":0, "b" : 2 }             | {"a": 1,"b" : 2}
            /a/b /c     | {"a":{"b":1.10,"x":0},"c":[]}        | {"a":{"b":1.10},"c":[]}
            /a/b        | {"a":{"x":0},"c":1}                  | {}
            /a /a/b     | {"a":{"x":0,"b":1}}                  | {"a":{"x":0,"b":1}}
            /0/a /2/a   | [{"a":1,"b":1},{"a":2},{"a":3,"b":1}] | [{"a":1},{"a":3}]
            /a/0        | {"a":[[1, 2],3]}                     | {"a":[[1, 2]]}
            /x          | [1]                                  | []
            /x          | 5                                    | nothing
            /a          | {"a": 1, "a": 2}                     | {"a": 1,"a": 2}
            """)
    void aListKeepsTheseMembersAndTheirNesting(String pointers, String body, @Nullable String expected) {
        var members = new Pick.Members(Arrays.asList(pointers.split(" ", -1)));

        assertThat(pick(body, members)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            x=/a y=/b/0   | {"a": 1.10, "b": [ "z" ]}  | {"x":1.10,"y":"z"}
            y=/b x=/a     | {"a": 1, "b": 2}           | {"y":2,"x":1}
            x=/a y=/a/b   | {"a": {"b": 1} }           | {"x":{"b": 1},"y":1}
            x=/a y=/a     | {"a": 1}                   | {"x":1,"y":1}
            x=/none y=/a  | {"a": 1}                   | {"y":1}
            x=/none       | {"a": 1}                   | {}
            x=/a          | 5                          | {}
            """)
    void anObjectGivesNewNames(String names, String body, String expected) {
        Map<String, String> pointers = new LinkedHashMap<>();
        for (String name : names.split(" ", -1)) {
            String[] parts = name.split("=", 2);
            pointers.put(parts[0], parts[1]);
        }

        assertThat(pick(body, new Pick.Renamed(pointers))).isEqualTo(expected);
    }

    /// Judged by Jackson's tree.
    @Property(tries = 2_000)
    void whateverTheBodyAPointerFindsWhatATreeFinds(
            @ForAll("values") String body, @ForAll("pointers") List<String> given) {
        JsonNode tree = JSON.readTree(body);
        Map<String, String> pointers = new LinkedHashMap<>();
        given.forEach(pointer -> pointers.put("as " + pointer, pointer));
        JsonNode renamed = JSON.readTree(pick(body, new Pick.Renamed(pointers)));
        String kept = pick(body, new Pick.Members(new ArrayList<>(pointers.values())));

        for (String pointer : given) {
            JsonNode there = tree.at(pointer);
            String value = pick(body, new Pick.At(pointer));
            assertThat(value == null).isEqualTo(there.isMissingNode());
            assertThat(renamed.has("as " + pointer)).isNotEqualTo(there.isMissingNode());
            if (value != null) {
                assertThat(JSON.readTree(value)).isEqualTo(there);
                assertThat(renamed.get("as " + pointer)).isEqualTo(there);
                assertThat(body).contains(value);
            }
        }
        assertThat(kept == null).isEqualTo(!tree.isContainer() && !given.contains(""));
        if (kept != null && given.contains("")) {
            assertThat(kept).isEqualTo(body.strip());
        }
    }

    @Provide
    Arbitrary<List<String>> pointers() {
        return Arbitraries.of("a", "b", "0", "1", "c~0", "")
                .list()
                .ofMaxSize(3)
                .map(parts -> parts.isEmpty() ? "" : "/" + String.join("/", parts))
                .list()
                .uniqueElements()
                .ofMinSize(1)
                .ofMaxSize(4);
    }

    @Provide
    Arbitrary<String> values() {
        return values(3);
    }

    private static Arbitrary<String> values(int depth) {
        Arbitrary<String> scalars =
                Arbitraries.of("1", "-0.50", "1e3", "\"x\"", "\"{\\\"\"", "true", "null", "{}", "[ ]", "\"é\"");
        if (depth == 0) {
            return scalars;
        }
        Arbitrary<String> deeper = values(depth - 1);
        Arbitrary<String> space = Arbitraries.of("", " ", "\n");
        Arbitrary<String> array = Combinators.combine(deeper.list().ofMaxSize(3), space)
                .as((elements, gap) -> "[" + gap + String.join("," + gap, elements) + gap + "]");
        Arbitrary<String> object = Combinators.combine(
                        Arbitraries.of("a", "b", "0", "c~", "é").set().ofMaxSize(3),
                        deeper.list().ofSize(3),
                        space)
                .as((names, members, gap) -> {
                    List<String> parts = new ArrayList<>();
                    for (String name : names) {
                        parts.add("%s\"%s\"%s:%s%s%s".formatted(gap, name, gap, gap, members.get(parts.size()), gap));
                    }
                    return "{" + String.join(",", parts) + "}";
                });
        return Arbitraries.oneOf(scalars, array, object);
    }

    private static @Nullable String pick(String body, Pick pick) {
        byte[] json = body.getBytes(UTF_8);
        assertThat(STRICT.isReadable(json)).isTrue();
        byte[] picked = PickedBody.of(json, pick);
        return picked == null ? null : new String(picked, UTF_8);
    }
}
