package dev.muster.request;

import dev.muster.template.Syntax;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.async.NonBlockingByteArrayJsonParser;

/// Reads the JSON document of a batch.
///
/// It reads Jackson's token stream instead of binding to types, because the contract asks for two things that binding
/// cannot give: every fault of a document in one answer, each with its pointer, and a call's `body` exactly as the
/// bytes that the client sent.
public final class BatchReader {

    /// Names are read anew wherever they stand. A table of those that were seen would take more than the document, in
    /// the `body` of a call too, where nothing bounds their number.
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .build();
    /// For a single value, which has no names.
    private static final JsonFactory VALUES = new JsonFactory();
    /// What the parser says of its own configuration, which is not the caller's.
    private static final Pattern PARSER_SOURCE = Pattern.compile(" \\(start marker at .*");

    /// Where the parser has a limit from: nesting 500 levels deep, numbers of 1,000 digits, names of 50,000 bytes.
    private static final Pattern LIMIT_SOURCE = Pattern.compile(", from `[^`]*`");

    static final Set<StrategyName> GROUPS = EnumSet.of(StrategyName.GATHER, StrategyName.AS_COMPLETED);
    private static final Set<StrategyName> WAIT_ONLY = EnumSet.of(StrategyName.WAIT);

    private final int maxRequests;
    private final Set<String> services;

    /// @param maxRequests most calls in one batch
    /// @param services    the names that a call's `service` may have
    public BatchReader(int maxRequests, Set<String> services) {
        this.maxRequests = maxRequests;
        this.services = new HashSet<>(services);
    }

    /// The names that a call's `service` may have.
    public Set<String> services() {
        return services;
    }

    /// Reads `document`, JSON in UTF-8.
    ///
    /// @param memory is told of what is kept of it, before it is kept
    /// @throws InvalidBatchException  with every fault of the document
    /// @throws BatchTooLargeException if it has more calls than allowed
    public BatchRequest read(byte[] document, DocumentMemory memory) {
        return read(
                hasByteOrderMark(document) ? Arrays.copyOfRange(document, 3, document.length) : document,
                memory,
                Syntax.OF_CALLS);
    }

    /// Reads the document of a view, JSON in UTF-8, whose calls may take `parameters`.
    ///
    /// @throws InvalidBatchException  with every fault of the document
    /// @throws BatchTooLargeException if it has more calls than allowed
    public BatchRequest readView(byte[] document, Set<String> parameters) {
        return read(document, DocumentMemory.UNCOUNTED, Syntax.ofView(parameters));
    }

    static boolean hasByteOrderMark(byte[] document) {
        return document.length >= 3
                && document[0] == (byte) 0xEF
                && document[1] == (byte) 0xBB
                && document[2] == (byte) 0xBF;
    }

    private BatchRequest read(byte[] document, DocumentMemory memory, Syntax syntax) {
        var fields = new Fields(services, syntax);
        read(document, memory, (reader, faults) -> {
            reader.object(name -> readField(name, reader, fields));
            if (reader.at(JsonToken.END_OBJECT)) {
                checkTogether(reader, fields, faults);
            }
        });
        return fields.toRequest();
    }

    /// Reads `line`, the call at `index` of a batch whose ids need not be unique.
    ///
    /// @param services the names that its `service` may have
    /// @param memory   is told of what is kept of it, before it is kept
    /// @throws InvalidBatchException with every fault of the line
    static CallRequest readCall(byte[] line, int index, Set<String> services, DocumentMemory memory) {
        var calls = new ArrayList<CallRequest>(1);
        read(line, memory, (reader, _) -> {
            CallRequest call = new CallReader(services, new HashMap<>(), null, Syntax.OF_CALLS).read(reader, index);
            if (call != null) {
                calls.add(call);
            }
        });
        return calls.getFirst();
    }

    /// Reads JSON in UTF-8 by `reading`, which is called with the parser on its first token.
    static void read(byte[] json, DocumentMemory memory, BiConsumer<FieldReader, Faults> reading) {
        var faults = new Faults(memory);
        if (looksLikeUtf16(json)) {
            faults.add("#", "malformed JSON at line 1, column 1: the document must be UTF-8");
            faults.throwIfAny();
        }
        try (JsonParser parser = parser(json)) {
            var reader = new FieldReader(parser, json, faults, memory);
            try {
                readAll(parser, reader, faults, reading);
            } catch (StreamConstraintsException excessive) {
                reader.fault(
                        LIMIT_SOURCE.matcher(excessive.getOriginalMessage()).replaceAll(""));
            }
        } catch (JacksonException malformed) {
            faults.add("#", describe(malformed));
        }
        faults.throwIfAny();
    }

    /// The text of `json`, a string that has been read as such.
    static String stringOf(byte[] json) {
        try (JsonParser parser = VALUES.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            return parser.getString();
        }
    }

    /// The parser that is fed is the one that does without a table of names.
    private static JsonParser parser(byte[] document) {
        NonBlockingByteArrayJsonParser parser = (NonBlockingByteArrayJsonParser)
                JSON.<NonBlockingByteArrayJsonParser>createNonBlockingByteArrayParser(ObjectReadContext.empty());
        parser.feedInput(document, 0, document.length);
        parser.endOfInput();
        return parser;
    }

    /// A NUL among the first bytes is UTF-16 or UTF-32, which Jackson would accept without a word.
    private static boolean looksLikeUtf16(byte[] document) {
        for (int i = 0; i < Math.min(4, document.length); i++) {
            if (document[i] == 0) {
                return true;
            }
        }
        return false;
    }

    private static String describe(JacksonException malformed) {
        var location = malformed.getLocation();
        return "malformed JSON at line %d, column %d: %s"
                .formatted(
                        location == null ? 1 : location.getLineNr(),
                        location == null ? 1 : location.getColumnNr(),
                        PARSER_SOURCE.matcher(malformed.getOriginalMessage()).replaceFirst(""));
    }

    private static void readAll(
            JsonParser parser, FieldReader reader, Faults faults, BiConsumer<FieldReader, Faults> reading) {
        if (reader.next() == null) {
            reader.fault("malformed JSON at line 1, column 1: the document is empty");
            return;
        }
        reading.accept(reader, faults);
        if (reader.next() != null) {
            reader.fault("malformed JSON at line %d, column %d: something follows the document"
                    .formatted(
                            parser.currentTokenLocation().getLineNr(),
                            parser.currentTokenLocation().getColumnNr()));
        }
    }

    private boolean readField(String name, FieldReader reader, Fields fields) {
        switch (name) {
            case "strategy" -> {
                StrategyName strategy = reader.oneOf(StrategyName.class);
                fields.strategyKnown = strategy != null || reader.leftOut();
                fields.strategy = strategy == null ? fields.strategy : strategy;
            }
            case "timeout" -> fields.timeout = reader.duration();
            case "concurrency" -> fields.concurrency = reader.integer(1, Integer.MAX_VALUE);
            case "onFailure" -> {
                fields.onFailure = reader.oneOf(OnFailure.class);
                if (fields.onFailure == OnFailure.FAIL) {
                    fields.fitting.put(reader.pointer(), GROUPS);
                }
            }
            case "minSuccess" -> {
                fields.minSuccess = reader.integer(1, Integer.MAX_VALUE);
                if (fields.minSuccess != null) {
                    fields.fitting.put(reader.pointer(), GROUPS);
                }
            }
            case "returnWhen" -> {
                fields.returnWhen = reader.oneOf(ReturnWhen.class);
                if (fields.returnWhen != null && fields.returnWhen != ReturnWhen.ALL_COMPLETED) {
                    fields.fitting.put(reader.pointer(), WAIT_ONLY);
                }
            }
            case "answer" -> fields.answer = reader.oneOf(AnswerShape.class);
            case "pending" -> {
                fields.pending = reader.oneOf(Pending.class);
                if (fields.pending == Pending.DETACH) {
                    fields.fitting.put(reader.pointer(), WAIT_ONLY);
                }
            }
            case "requests" -> {
                fields.requestsGiven = !reader.leftOut();
                if (fields.requestsGiven && reader.array(Integer.MAX_VALUE, () -> readCall(reader, fields)) == 0) {
                    reader.fault("must have at least one request");
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private void readCall(FieldReader reader, Fields fields) {
        int index = fields.callCount++;
        if (index >= maxRequests) {
            throw new BatchTooLargeException("a batch has at most %d requests".formatted(maxRequests));
        }
        CallRequest call = fields.callReader.read(reader, index);
        if (call != null) {
            fields.calls.add(call);
        }
    }

    /// The rules that need more than one field, and so hold only once the whole document is read.
    private static void checkTogether(FieldReader reader, Fields fields, Faults faults) {
        if (fields.strategyKnown) {
            fields.fitting.forEach((pointer, strategies) -> {
                if (!strategies.contains(fields.strategy)) {
                    faults.add(pointer, "has no use with strategy " + fields.strategy.wireName());
                }
            });
        }
        if (!fields.requestsGiven) {
            reader.fault("requests", "is required");
        }
        fields.graph.check(faults);
        if (fields.minSuccess != null && fields.callCount > 0 && fields.minSuccess > fields.callCount) {
            reader.fault("minSuccess", "must be at most the number of requests, " + fields.callCount);
        }
    }

    /// What has been read so far.
    private static final class Fields {
        StrategyName strategy = StrategyName.GATHER;
        boolean strategyKnown = true;

        @Nullable
        Duration timeout;

        @Nullable
        OnFailure onFailure;

        @Nullable
        Integer concurrency;

        @Nullable
        Integer minSuccess;

        @Nullable
        ReturnWhen returnWhen;

        @Nullable
        AnswerShape answer;

        @Nullable
        Pending pending;

        boolean requestsGiven;
        int callCount;
        final List<CallRequest> calls = new ArrayList<>();
        /// The strategies that have a use for a given field, by the field's pointer.
        final Map<String, Set<StrategyName>> fitting = new LinkedHashMap<>();
        final DependencyGraph graph = new DependencyGraph();
        final CallReader callReader;

        Fields(Set<String> services, Syntax syntax) {
            this.callReader = new CallReader(services, fitting, graph, syntax);
        }

        BatchRequest toRequest() {
            return new BatchRequest(
                    strategy,
                    timeout,
                    onFailure == null ? OnFailure.COLLECT : onFailure,
                    concurrency,
                    minSuccess,
                    new Waiting(
                            returnWhen == null ? ReturnWhen.ALL_COMPLETED : returnWhen,
                            pending == null ? Pending.CANCEL : pending),
                    answer == null ? AnswerShape.RESULTS : answer,
                    List.copyOf(calls));
        }
    }
}
