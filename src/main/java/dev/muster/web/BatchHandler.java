package dev.muster.web;

import dev.muster.admission.OverloadedException;
import dev.muster.admission.RateLimitedException;
import dev.muster.admission.Upload;
import dev.muster.answer.BatchWriter;
import dev.muster.answer.JsonDocument;
import dev.muster.auth.ForbiddenException;
import dev.muster.fanout.BatchRun;
import dev.muster.fanout.Fanout;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.NanoClock;
import dev.muster.plan.Planner;
import dev.muster.request.BatchRequest;
import dev.muster.request.BatchTooLargeException;
import dev.muster.request.Fault;
import dev.muster.request.InputLine;
import dev.muster.request.InvalidBatchException;
import dev.muster.request.LineFormat;
import dev.muster.request.LineParameters;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary;
import dev.muster.views.View;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Answers `POST /batches`, and `PUT` where calls come as lines.
final class BatchHandler {

    /// All names that NDJSON goes by; it has none that is registered.
    private static final List<MediaType> NDJSON = List.of(
            MediaType.APPLICATION_NDJSON,
            MediaType.parseMediaType("application/ndjson"),
            MediaType.parseMediaType("application/jsonl"));

    static final List<MediaType> ANSWERS = Stream.concat(
                    Stream.of(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM), NDJSON.stream())
            .toList();
    /// What a batch is answered with that comes as lines.
    private static final List<MediaType> STREAMS = Stream.concat(
                    NDJSON.stream(), Stream.of(MediaType.TEXT_EVENT_STREAM))
            .toList();

    private static final MediaType URI_LIST = MediaType.parseMediaType("text/uri-list");
    /// The bytes of a document that is read where it came, on its event loop.
    private static final int READ_AT_ONCE = 64 << 10;
    /// The bytes of an answer that any socket has room for.
    private static final int WRITTEN_AT_ONCE = 16 << 10;

    private final PermittedReader reader;
    private final Planner planner;
    private final Fanout fanout;
    private final BatchSettings settings;
    private final BatchWriter writer;
    private final StreamWriter stream;
    private final BatchIds ids;
    private final NanoClock clock;
    private final DetachedHandler detached;
    private final Scheduler readers;
    private final Scheduler writers;

    /// Where work is done that takes its time.
    ///
    /// @param readers where large documents are read
    /// @param writers where answers are written; not the threads that deadlines or connections wait on
    record Workers(Scheduler readers, Scheduler writers) {}

    BatchHandler(
            PermittedReader reader,
            Planner planner,
            Fanout fanout,
            BatchSettings settings,
            BatchIds ids,
            NanoClock clock,
            DetachedHandler detached,
            Workers workers) {
        this.reader = reader;
        this.planner = planner;
        this.fanout = fanout;
        this.settings = settings;
        this.writer = settings.writer();
        this.stream = new StreamWriter(writer, settings.clients().heartbeat(), workers.writers());
        this.ids = ids;
        this.clock = clock;
        this.detached = detached;
        this.readers = workers.readers();
        this.writers = workers.writers();
    }

    /// What answers for batches that outlive their request.
    DetachedHandler detached() {
        return detached;
    }

    /// Whether the calls of `request` come as lines: what uploads a file, such as `curl -T`, knows no `POST`.
    static boolean isOfLines(ServerRequest request) {
        return lines(request.headers()) != null;
    }

    Mono<ServerResponse> post(ServerRequest request) {
        return taken(
                request,
                (principal, upload, waitedNanos) -> isOfLines(request)
                        ? runLines(request, principal, upload, waitedNanos)
                        : run(request, principal, upload, waitedNanos, () -> document(request, principal, upload)));
    }

    /// Answers as if the caller had sent the batch of `view`, by its parameters.
    Mono<ServerResponse> view(ServerRequest request, View view) {
        int mostBodyBytes = Math.toIntExact(settings.batches().maxRequestSize().toBytes());
        return taken(
                request,
                (principal, upload, waitedNanos) -> run(
                        request,
                        principal,
                        upload,
                        waitedNanos,
                        () -> isGet(request)
                                ? Mono.just(
                                        new Asked(view.ofQuery(request.queryParams(), mostBodyBytes), line(request)))
                                : parameters(request, upload)
                                        .map(document -> new Asked(
                                                view.ofDocument(document, upload, mostBodyBytes),
                                                joined(line(request), document)))));
    }

    /// What of a view stands in no document.
    private static byte[] line(ServerRequest request) {
        return "%s %s\n".formatted(request.method(), request.uri()).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /// What was asked.
    ///
    /// @param words in which it was asked: those who use the same ask for the same
    private record Asked(BatchRequest batch, byte[] words) {}

    private static boolean isGet(ServerRequest request) {
        return request.method().equals(HttpMethod.GET);
    }

    private Mono<byte[]> parameters(ServerRequest request, Upload upload) {
        requireJson(request.headers());
        return readBody(request, upload);
    }

    private Mono<Asked> document(ServerRequest request, String principal, Upload upload) {
        requireJson(request.headers());
        return readBody(request, upload)
                .flatMap(document -> read(document, principal, upload).map(batch -> new Asked(batch, document)));
    }

    /// What is done with a request when it is its turn.
    @FunctionalInterface
    private interface Taken {
        Mono<ServerResponse> run(String principal, Upload upload, long waitedNanos);
    }

    private Mono<ServerResponse> taken(ServerRequest request, Taken taken) {
        long arrivedNanos = clock.nanos();
        return principal(request)
                .flatMap(principal -> fanout.arrival(principal)
                        .doOnNext(upload -> AnswerEnd.hold(request, upload))
                        .flatMap(upload -> taken.run(principal, upload, clock.nanos() - arrivedNanos)))
                .onErrorResume(BatchHandler::refused);
    }

    /// Answers by the problem that `refusal` is, if it is one.
    static Mono<ServerResponse> refused(Throwable refusal) {
        Problem problem = problem(refusal);
        return problem == null ? Mono.error(refusal) : refuse(problem);
    }

    private Mono<ServerResponse> runLines(ServerRequest request, String principal, Upload upload, long waitedNanos) {
        LineFormat lines = Objects.requireNonNull(lines(request.headers()));
        MediaType answer = negotiate(request.headers(), STREAMS);
        boolean gzip = Gzip.isTakenBy(request.headers().header(HttpHeaders.ACCEPT_ENCODING));
        Duration callerBudget = callerBudget(request.headers());
        Map<String, List<String>> inbound = inbound(request.headers());
        requireIdentity(request.headers());
        BatchRequest batch = LineParameters.read(request.queryParams());
        BatchPlan plan = planner.plan(ids.next(), batch, clock.nanos() - waitedNanos, callerBudget, principal, inbound);
        BatchRun run = fanout.admit(plan, upload);
        AnswerEnd.hold(request, run::close);
        var arriving = new ArrivingLines(reader.lines(lines), settings.clients().writeTimeout(), clock);
        Flux<InputLine> permitted = arriving.of(request, run).map(line -> reader.permitted(line, principal));
        return stream.write(run, run.stream(permitted, planner.calls(inbound)), answer, gzip);
    }

    /// @param batch what was asked, when all of it is there
    private Mono<ServerResponse> run(
            ServerRequest request, String principal, Upload upload, long waitedNanos, Supplier<Mono<Asked>> batch) {
        MediaType answer = negotiate(request.headers(), ANSWERS);
        var preferences = Preferences.of(request.headers());
        Duration callerBudget = callerBudget(request.headers());
        Map<String, List<String>> inbound = inbound(request.headers());
        return batch.get().flatMap(asked -> {
            // Accepted when it has been sent, but what it waited for before that is not granted once more.
            long acceptedNanos = clock.nanos() - waitedNanos;
            if (preferences.respondAsync() || asked.batch().waiting().detaches()) {
                boolean gzip = Gzip.isTakenBy(request.headers().header(HttpHeaders.ACCEPT_ENCODING));
                var arrived = new DetachedHandler.Arrived(
                        principal, upload, acceptedNanos, callerBudget, inbound, answer, gzip);
                return detached.post(arrived, preferences, asked.batch(), asked.words());
            }
            BatchPlan plan = planner.plan(ids.next(), asked.batch(), acceptedNanos, callerBudget, principal, inbound);
            return answer(request, fanout.admit(plan, upload), answer);
        });
    }

    static MediaType negotiate(ServerRequest.Headers headers, List<MediaType> offered) {
        MediaType answer;
        try {
            answer = Negotiation.choose(headers.accept(), offered);
        } catch (InvalidMediaTypeException invalid) {
            answer = null;
        }
        if (answer == null) {
            throw new RefusedException(Problem.of(
                    HttpStatus.NOT_ACCEPTABLE,
                    "not-acceptable",
                    "Not acceptable",
                    offered.contains(MediaType.APPLICATION_JSON)
                            ? offered.size() == 1
                                    ? "answers are application/json"
                                    : "answers are application/json, text/event-stream or application/x-ndjson"
                            : "a batch that comes as lines is answered by application/x-ndjson or text/event-stream"));
        }
        return answer;
    }

    /// How the calls of a batch are written one to a line, or `null` if they are not.
    private static @Nullable LineFormat lines(ServerRequest.Headers headers) {
        MediaType type = contentType(headers);
        if (type == null) {
            return null;
        }
        if (type.equalsTypeAndSubtype(URI_LIST)) {
            return LineFormat.URI_LIST;
        }
        return NDJSON.stream().anyMatch(type::equalsTypeAndSubtype) ? LineFormat.NDJSON : null;
    }

    /// What the client says that it sends, if that is in UTF-8.
    private static @Nullable MediaType contentType(ServerRequest.Headers headers) {
        try {
            return headers.contentType()
                    .filter(type ->
                            type.getCharset() == null || type.getCharset().equals(StandardCharsets.UTF_8))
                    .orElse(null);
        } catch (InvalidMediaTypeException invalid) {
            return null;
        }
    }

    private static void requireJson(ServerRequest.Headers headers) {
        MediaType type = contentType(headers);
        if (type == null || !type.equalsTypeAndSubtype(MediaType.APPLICATION_JSON)) {
            throw unsupported();
        }
        requireIdentity(headers);
    }

    private static void requireIdentity(ServerRequest.Headers headers) {
        if (headers.firstHeader(HttpHeaders.CONTENT_ENCODING) != null) {
            throw unsupported();
        }
    }

    private static RefusedException unsupported() {
        return new RefusedException(
                Problem.of(
                        HttpStatus.UNSUPPORTED_MEDIA_TYPE,
                        "unsupported-media-type",
                        "Unsupported media type",
                        "a batch is application/json, application/x-ndjson or text/uri-list, in UTF-8, without content-encoding"));
    }

    private @Nullable Duration callerBudget(ServerRequest.Headers headers) {
        String millis = headers.firstHeader(settings.propagation().deadlineHeader());
        if (millis == null) {
            return null;
        }
        try {
            long value = Long.parseLong(millis.strip());
            if (value > 0) {
                return Duration.ofMillis(value);
            }
        } catch (NumberFormatException invalid) {
            // the refusal below says what is wrong with either
        }
        throw new InvalidBatchException(List.of(new Fault(
                "#",
                "header %s must be a positive whole number of milliseconds"
                        .formatted(settings.propagation().deadlineHeader()))));
    }

    /// What of the client's own headers may go with its calls, by lower-cased name.
    private Map<String, List<String>> inbound(ServerRequest.Headers headers) {
        Map<String, List<String>> inbound = new HashMap<>();
        for (String name : planner.inboundHeaders()) {
            List<String> values = headers.header(name);
            if (!values.isEmpty()) {
                inbound.put(name, List.copyOf(values));
            }
        }
        return inbound;
    }

    private Mono<byte[]> readBody(ServerRequest request, Upload upload) {
        long most = settings.batches().maxRequestSize().toBytes();
        long announced = request.headers().contentLength().orElse(-1);
        if (announced > most) {
            return Mono.error(documentTooLarge());
        }
        var document = new ArrivingDocument(upload, most, announced);
        return request.exchange()
                .getRequest()
                .getBody()
                .<DataBuffer>handle((piece, _) -> {
                    if (!document.add(piece)) {
                        throw documentTooLarge();
                    }
                })
                .then(Mono.fromSupplier(document::bytes))
                // Reactor Netty tells of a reset twice if the request is answered while it tells of it.
                .onErrorResume(
                        IOException.class,
                        reset -> Mono.<byte[]>error(reset).subscribeOn(Schedulers.fromExecutor(upload.loop())))
                .timeout(settings.clients().requestTimeout(), Mono.error(this::documentTooSlow));
    }

    /// A large document takes its time, in which the event loop would serve nobody else.
    private Mono<BatchRequest> read(byte[] document, String principal, Upload upload) {
        if (document.length <= READ_AT_ONCE) {
            return Mono.just(reader.read(document, principal, upload));
        }
        return Mono.fromCallable(() -> reader.read(document, principal, upload))
                .subscribeOn(readers)
                .publishOn(Schedulers.fromExecutor(upload.loop()));
    }

    private RefusedException documentTooSlow() {
        return new RefusedException(Problem.of(
                HttpStatus.REQUEST_TIMEOUT,
                "request-timeout",
                "Request timeout",
                "the batch document was not there within %d ms"
                        .formatted(settings.clients().requestTimeout().toMillis())));
    }

    private BatchTooLargeException documentTooLarge() {
        return new BatchTooLargeException("a batch document has at most %d bytes"
                .formatted(settings.batches().maxRequestSize().toBytes()));
    }

    static Mono<String> principal(ServerRequest request) {
        return request.principal().map(Principal::getName).defaultIfEmpty(BatchPlan.ANONYMOUS);
    }

    private Mono<ServerResponse> answer(ServerRequest request, BatchRun batch, MediaType mediaType) {
        boolean gzip = Gzip.isTakenBy(request.headers().header(HttpHeaders.ACCEPT_ENCODING));
        if (!mediaType.equals(MediaType.APPLICATION_JSON)) {
            return stream.write(batch, batch.stream(), mediaType, gzip);
        }
        return batch.document()
                .publishOn(writers)
                .flatMap(results -> document(request, batch.summary(), results, gzip));
    }

    private Mono<ServerResponse> document(
            ServerRequest request, BatchSummary summary, List<CallOutcome> results, boolean gzip) {
        BatchOutcome outcome = summary.verdict().outcome();
        Validators validators =
                isGet(request) ? Validators.of(summary.plan(), results, outcome == BatchOutcome.COMPLETE) : null;
        if (validators != null && validators.isAmong(request.headers().header(HttpHeaders.IF_NONE_MATCH))) {
            return validated(ServerResponse.status(HttpStatus.NOT_MODIFIED), validators)
                    .build();
        }
        var json = new JsonDocument(BatchWriter.expectedSize(results));
        HttpStatus status = HttpStatus.OK;
        MediaType mediaType = MediaType.APPLICATION_JSON;
        if (summary.verdict().failure() == null) {
            writer.writeBatch(json, summary, results);
        } else {
            Problem problem = Problem.batchFailed(
                    summary.verdict().timeRanOut(), summary.verdict().failure());
            status = problem.status();
            mediaType = MediaType.APPLICATION_PROBLEM_JSON;
            writer.writeProblem(json, problem::writeMembers, summary, results);
        }
        var head = head(status, mediaType, summary.plan().id(), outcome);
        if (validators != null) {
            validated(head, validators);
        }
        ByteBuffer body = json.bytes();
        return gzip && body.remaining() >= Gzip.LEAST_BYTES
                ? write(compressed(head), Gzip.compress(body))
                : write(head, body);
    }

    private static ServerResponse.BodyBuilder validated(ServerResponse.BodyBuilder head, Validators validators) {
        head.header(HttpHeaders.CACHE_CONTROL, validators.cacheControl()).varyBy(HttpHeaders.ACCEPT);
        return validators.tag() == null ? head : head.header(HttpHeaders.ETAG, validators.tag());
    }

    static ServerResponse.BodyBuilder compressed(ServerResponse.BodyBuilder head) {
        return head.header(HttpHeaders.CONTENT_ENCODING, "gzip").varyBy(HttpHeaders.ACCEPT_ENCODING);
    }

    static ServerResponse.BodyBuilder head(HttpStatus status, MediaType mediaType, UUID id, BatchOutcome outcome) {
        return ServerResponse.status(status)
                .contentType(mediaType)
                .header("Muster-Batch-Id", id.toString())
                .header("Muster-Outcome", outcome.wireName());
    }

    /// Wraps heap bytes: there is nothing to release if the client goes away before they are written.
    ///
    /// For Reactor Netty a `Mono` has been sent when it is told to write it. For a body that a socket does not take
    /// at once that is too early: its memory is held until it has left.
    private static Mono<ServerResponse> write(ServerResponse.BodyBuilder head, ByteBuffer body) {
        return head.contentLength(body.remaining()).body((response, _) -> {
            DataBuffer bytes = response.bufferFactory().wrap(body);
            return response.writeWith(
                    bytes.readableByteCount() > WRITTEN_AT_ONCE ? Flux.just(bytes) : Mono.just(bytes));
        });
    }

    private static @Nullable Problem problem(Throwable refusal) {
        return switch (refusal) {
            case RefusedException refused -> refused.problem();
            case ForbiddenException forbidden -> Problem.forbidden(forbidden.faults());
            case InvalidBatchException invalid -> Problem.invalidBatch(invalid.faults());
            case BatchTooLargeException large ->
                Problem.of(
                        HttpStatus.CONTENT_TOO_LARGE,
                        "batch-too-large",
                        "Batch too large",
                        String.valueOf(large.getMessage()));
            case OverloadedException overloaded ->
                Problem.overloaded(String.valueOf(overloaded.getMessage()), overloaded.retryAfter());
            case RateLimitedException limited ->
                Problem.rateLimited(String.valueOf(limited.getMessage()), limited.retryAfter());
            default -> null;
        };
    }

    static Mono<ServerResponse> refuse(Problem problem) {
        ServerResponse.BodyBuilder head =
                ServerResponse.status(problem.status()).contentType(MediaType.APPLICATION_PROBLEM_JSON);
        if (problem.status() == HttpStatus.REQUEST_TIMEOUT) {
            // What has not come yet would be taken for the next request.
            head.header(HttpHeaders.CONNECTION, "close");
        }
        problem.retryAfterSeconds().ifPresent(seconds -> head.header(HttpHeaders.RETRY_AFTER, Long.toString(seconds)));
        return write(head, ByteBuffer.wrap(problem.toJson()));
    }
}
