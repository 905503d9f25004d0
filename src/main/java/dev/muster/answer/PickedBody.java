package dev.muster.answer;

import dev.muster.request.Pick;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Takes parts out of a JSON body, byte for byte, in one pass over its tokens and without a tree of it. Of members of
/// one
/// name, the last counts.
final class PickedBody {

    private static final JsonFactory JSON = new JsonFactory();

    private final byte[] body;
    private final JsonParser parser;

    /// Where in the body a value is.
    private record Span(int from, int to) {}

    /// Where pointers have got to on their way down.
    private static final class Step {
        /// By the name of a member, or the index of an element.
        private final Map<String, Step> further = new HashMap<>();
        /// Which of the pointers end here.
        private final List<Integer> ends = new ArrayList<>(1);

        static Step first(Collection<String> pointers) {
            var first = new Step();
            int nth = 0;
            for (String pointer : pointers) {
                Step step = first;
                for (int from = 0; from < pointer.length(); ) {
                    int slash = pointer.indexOf('/', from + 1);
                    int to = slash < 0 ? pointer.length() : slash;
                    step = step.further.computeIfAbsent(name(pointer.substring(from + 1, to)), _ -> new Step());
                    from = to;
                }
                step.ends.add(nth++);
            }
            return first;
        }

        private static String name(String part) {
            return part.indexOf('~') < 0 ? part : part.replace("~1", "/").replace("~0", "~");
        }
    }

    private PickedBody(byte[] body, JsonParser parser) {
        this.body = body;
        this.parser = parser;
        parser.nextToken();
    }

    /// What `pick` keeps of `body`, or `null` if that is nothing at all.
    ///
    /// @param body   JSON that `strict` has found readable
    static byte @Nullable [] of(byte[] body, Pick pick, StrictJson strict) {
        try (JsonParser parser = strict.parser(body)) {
            var picked = new PickedBody(body, parser);
            return switch (pick) {
                case Pick.At(String pointer) -> picked.value(pointer);
                case Pick.Members(List<String> pointers) -> picked.members(pointers);
                case Pick.Renamed(Map<String, String> pointers) -> picked.renamed(pointers);
            };
        }
    }

    private byte @Nullable [] value(String pointer) {
        Span span = find(List.of(pointer))[0];
        return span == null ? null : Arrays.copyOfRange(body, span.from(), span.to());
    }

    private byte[] renamed(Map<String, String> pointers) {
        @Nullable Span[] spans = find(pointers.values());
        var out = new ByteArrayOutputStream(body.length);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            int nth = 0;
            for (String name : pointers.keySet()) {
                Span span = spans[nth++];
                if (span != null) {
                    json.writeName(name);
                    json.writeRawValue("");
                    json.flush();
                    out.write(body, span.from(), span.to() - span.from());
                }
            }
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private @Nullable Span[] find(Collection<String> pointers) {
        @Nullable Span[] found = new Span[pointers.size()];
        find(Step.first(pointers), found);
        return found;
    }

    /// Notes where what is looked for in the value is that the parser is on, which it leaves on the last token of it.
    private void find(Step step, @Nullable Span[] found) {
        int from = start();
        if (step.further.isEmpty()) {
            parser.skipChildren();
        } else if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                Step next = step.further.get(parser.currentName());
                parser.nextToken();
                findOrSkip(next, found);
            }
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
            for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
                findOrSkip(step.further.get(Integer.toString(i)), found);
            }
        }
        if (!step.ends.isEmpty()) {
            var span = new Span(from, end());
            step.ends.forEach(nth -> found[nth] = span);
        }
    }

    private void findOrSkip(@Nullable Step step, @Nullable Span[] found) {
        if (step == null) {
            parser.skipChildren();
        } else {
            find(step, found);
        }
    }

    private byte @Nullable [] members(List<String> pointers) {
        boolean mayBeEmpty = parser.currentToken().isStructStart();
        var out = new Output(body.length);
        return copy(Step.first(pointers), out) || mayBeEmpty ? out.toByteArray() : null;
    }

    /// Copies what is looked for in the value that the parser is on, and what it stands in.
    ///
    /// @return whether there was any
    private boolean copy(Step step, Output out) {
        if (!step.ends.isEmpty()) {
            int from = start();
            parser.skipChildren();
            out.write(body, from, end() - from);
            return true;
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> copyMembers(step, out);
            case START_ARRAY -> copyElements(step, out);
            default -> false;
        };
    }

    private boolean copyMembers(Step step, Output out) {
        boolean any = false;
        out.write('{');
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            Step next = step.further.get(parser.currentName());
            int name = start();
            parser.nextToken();
            if (next == null) {
                parser.skipChildren();
                continue;
            }
            int before = out.size();
            if (any) {
                out.write(',');
            }
            out.write(body, name, start() - name);
            any |= copyOrForget(next, out, before);
        }
        out.write('}');
        return any;
    }

    private boolean copyElements(Step step, Output out) {
        boolean any = false;
        out.write('[');
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
            Step next = step.further.get(Integer.toString(i));
            if (next == null) {
                parser.skipChildren();
                continue;
            }
            int before = out.size();
            if (any) {
                out.write(',');
            }
            any |= copyOrForget(next, out, before);
        }
        out.write(']');
        return any;
    }

    private boolean copyOrForget(Step step, Output out, int before) {
        boolean any = copy(step, out);
        if (!any) {
            out.shortenTo(before);
        }
        return any;
    }

    /// Where the token begins that the parser is on.
    private int start() {
        return Math.toIntExact(parser.currentTokenLocation().getByteOffset());
    }

    /// Where the value has ended whose last token the parser is on.
    private int end() {
        parser.finishToken();
        return Math.toIntExact(parser.currentLocation().getByteOffset());
    }

    private static final class Output extends ByteArrayOutputStream {

        Output(int expectedSize) {
            super(expectedSize);
        }

        void shortenTo(int size) {
            count = size;
        }
    }
}
