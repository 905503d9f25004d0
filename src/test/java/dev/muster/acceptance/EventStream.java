package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The events of a streamed answer, read as they arrive.
///
/// Closing it before its end is a client that goes away, be it before or after the head of the answer. That is all it
/// is good for when the answer is no stream.
public final class EventStream implements AutoCloseable {

    private static final JsonMapper MAPPER = new JsonMapper();

    private final Media media;
    private final Supplier<InputStream> body;
    private final Runnable leave;
    private @Nullable BufferedReader lines;

    /// @param body waits for the head of the answer
    /// @param leave closes the connection, whether the head is there or not
    EventStream(Media media, Supplier<InputStream> body, Runnable leave) {
        this.media = media;
        this.body = body;
        this.leave = leave;
    }

    /// A stream that has already been read.
    static EventStream of(Media media, String text) {
        return new EventStream(media, () -> new ByteArrayInputStream(text.getBytes(UTF_8)), () -> {});
    }

    /// One event.
    ///
    /// @param kind `result` or `summary`
    /// @param id the SSE id; NDJSON has none
    /// @param text the event's data as it came: all of an SSE event's data lines, or the whole NDJSON line
    /// @param arrivedAt the [System#nanoTime()] at which it had been read
    public record Event(String kind, @Nullable String id, String text, JsonNode data, long arrivedAt) {}

    /// Waits for the next event.
    ///
    /// @return empty at the end of the stream
    public Optional<Event> next() {
        try {
            return Optional.ofNullable(media == Media.SSE ? nextOfSse() : nextOfNdjson());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Waits for the end.
    public List<Event> remaining() {
        var events = new ArrayList<Event>();
        for (var event = next(); event.isPresent(); event = next()) {
            events.add(event.get());
        }
        return events;
    }

    private @Nullable Event nextOfSse() throws IOException {
        String kind = null;
        String id = null;
        var data = new ArrayList<String>();
        for (var line = nextLine(); line != null; line = nextLine()) {
            var colon = line.indexOf(':');
            var field = colon < 0 ? line : line.substring(0, colon);
            var value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
            switch (field) {
                case "event" -> kind = value;
                case "id" -> id = value;
                case "data" -> data.add(value);
                case "" -> {
                    var comment = colon == 0;
                    if (!comment && !data.isEmpty()) {
                        return event(Objects.requireNonNullElse(kind, "message"), id, String.join("\n", data));
                    }
                }
                default -> throw new IOException("not a line of an event stream: " + line);
            }
        }
        return null;
    }

    private @Nullable Event nextOfNdjson() throws IOException {
        var line = nextLine();
        if (line == null) {
            return null;
        }
        var wrapper = MAPPER.readTree(line);
        var kind = String.join("+", wrapper.propertyNames());
        return new Event(kind, null, line, wrapper.path(kind), System.nanoTime());
    }

    private static Event event(String kind, @Nullable String id, String text) {
        return new Event(kind, id, text, MAPPER.readTree(text), System.nanoTime());
    }

    private @Nullable String nextLine() throws IOException {
        if (lines == null) {
            lines = new BufferedReader(new InputStreamReader(body.get(), UTF_8));
        }
        return lines.readLine();
    }

    @Override
    public void close() {
        leave.run();
    }
}
