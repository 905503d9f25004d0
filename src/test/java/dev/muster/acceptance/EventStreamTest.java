package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import org.junit.jupiter.api.Test;

class EventStreamTest {

    @Test
    void readsEventsWhenTheStreamIsSse() {
        var events = EventStream.of(Media.SSE, """
                : still here

                event: result
                id: 1
                data: {"id":
                data:  "a"}

                event:summary
                id:2
                data:{"outcome":"complete"}

                """).remaining();

        assertThat(events).extracting(EventStream.Event::kind).containsExactly("result", "summary");
        assertThat(events).extracting(EventStream.Event::id).containsExactly("1", "2");
        assertThat(events.getFirst().text()).isEqualTo("{\"id\":\n \"a\"}");
        assertThat(events.getFirst().data().path("id").asString()).isEqualTo("a");
    }

    @Test
    void readsEventsWhenTheStreamIsNdjson() {
        var events = EventStream.of(Media.NDJSON, """
                {"result": {"id": "a"}}
                {"summary": {"outcome": "complete"}}
                """).remaining();

        assertThat(events).extracting(EventStream.Event::kind).containsExactly("result", "summary");
        assertThat(events.getLast().data().path("outcome").asString()).isEqualTo("complete");
    }

    @Test
    void refusesWhatIsNoEventStream() {
        assertThatThrownBy(() -> EventStream.of(Media.SSE, "{\"outcome\":\"complete\"}\n")
                        .remaining())
                .isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void dropsAnEventThatWasCutOff() {
        assertThat(EventStream.of(Media.SSE, "event: result\ndata: {}\n").next())
                .isEmpty();
    }
}
