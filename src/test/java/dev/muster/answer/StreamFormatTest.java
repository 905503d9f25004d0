package dev.muster.answer;

import static dev.muster.answer.Outcomes.partial;
import static dev.muster.answer.Outcomes.succeededWith;
import static dev.muster.answer.Outcomes.summary;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class StreamFormatTest {

    private static final JsonMapper JSON = new JsonMapper();

    /// Bodies that would break a frame if they were passed on as they are.
    private static final String[] TRICKY = {
        "{\n\n\"a\":\r1}\r\n", "\"data: x\"", "[\r\n\r\n]", "\"\\n\\nevent: summary\\n\"", "\"ü\u2028\u0085\""
    };

    private record Event(String name, String id, String data) {}

    @Test
    void framesEachPieceAsAServerSentEvent() {
        var stream = new ByteArrayOutputStream();
        long number = 0;
        for (String body : TRICKY) {
            stream.writeBytes(Outcomes.bytes(StreamFormat.SSE.result(Outcomes.WRITER, succeededWith(body), ++number)));
        }
        stream.writeBytes(Outcomes.bytes(StreamFormat.SSE.summary(summary(partial()), ++number)));

        List<Event> events = parse(stream.toString(StandardCharsets.UTF_8));

        assertThat(events)
                .extracting(Event::name)
                .containsExactly("result", "result", "result", "result", "result", "summary");
        assertThat(events).extracting(Event::id).containsExactly("1", "2", "3", "4", "5", "6");
        for (int i = 0; i < TRICKY.length; i++) {
            assertThat(JSON.readTree(events.get(i).data()).get("body")).isEqualTo(JSON.readTree(TRICKY[i]));
        }
        assertThat(JSON.readTree(events.getLast().data()).get("outcome").asString())
                .isEqualTo("partial");
    }

    @Test
    void putsEachPieceOnALineOfItsOwnAsNdjson() {
        var stream = new ByteArrayOutputStream();
        for (String body : TRICKY) {
            stream.writeBytes(Outcomes.bytes(StreamFormat.NDJSON.result(Outcomes.WRITER, succeededWith(body), 1)));
        }
        stream.writeBytes(Outcomes.bytes(StreamFormat.NDJSON.summary(summary(partial()), 2)));

        List<String> lines = stream.toString(StandardCharsets.UTF_8).lines().toList();

        assertThat(lines).hasSize(TRICKY.length + 1);
        for (int i = 0; i < TRICKY.length; i++) {
            var line = JSON.readTree(lines.get(i));
            assertThat(line.propertyNames()).containsExactly("result");
            assertThat(line.at("/result/body")).isEqualTo(JSON.readTree(TRICKY[i]));
        }
        assertThat(JSON.readTree(lines.getLast()).propertyNames()).containsExactly("summary");
        assertThat(JSON.readTree(lines.getLast()).at("/summary/results").isMissingNode())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 10_000, Long.MAX_VALUE})
    void numbersAnEvent(long number) {
        assertThat(new String(
                        Outcomes.bytes(StreamFormat.SSE.result(Outcomes.WRITER, succeededWith("1"), number)),
                        StandardCharsets.UTF_8))
                .startsWith("event: result\nid: %d\ndata: {".formatted(number))
                .endsWith("}\n\n");
    }

    /// Reads events as a browser does (WHATWG HTML, section 9.2.6): a line ends with CR, LF or both.
    private static List<Event> parse(String stream) {
        List<Event> events = new ArrayList<>();
        String name = "message";
        String id = "";
        var data = new StringBuilder();
        for (String line : stream.split("\r\n|\n|\r", -1)) {
            if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    events.add(new Event(name, id, data.substring(0, data.length() - 1)));
                }
                name = "message";
                data.setLength(0);
                continue;
            }
            int colon = line.indexOf(':');
            String value = line.substring(colon + 1).replaceFirst("^ ", "");
            switch (line.substring(0, colon)) {
                case "event" -> name = value;
                case "id" -> id = value;
                case "data" -> data.append(value).append('\n');
                default -> {}
            }
        }
        return events;
    }
}
