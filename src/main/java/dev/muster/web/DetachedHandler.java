package dev.muster.web;

import dev.muster.admission.Upload;
import dev.muster.answer.StoredBatch;
import dev.muster.answer.StoredResult;
import dev.muster.detached.BatchStore;
import dev.muster.detached.DetachedBatches;
import dev.muster.detached.IdempotencyKey;
import dev.muster.detached.KeptBatch;
import dev.muster.fanout.BatchRun;
import dev.muster.fanout.Fanout;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.Planner;
import dev.muster.request.AnswerShape;
import dev.muster.request.BatchRequest;
import dev.muster.request.Fault;
import dev.muster.request.InvalidBatchException;
import dev.muster.request.StrategyName;
import dev.muster.strategy.BatchOutcome;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Answers for batches that outlive their request.
final class DetachedHandler {

    private static final List<MediaType> JSON = List.of(MediaType.APPLICATION_JSON);
    private static final String BATCH = "id";
    private static final Duration ASK_AGAIN_AFTER = Duration.ofSeconds(1);
    private static final long BYTES_OF_A_PAGE = 1 << 20;

    private final DetachedBatches batches;
    private final Planner planner;
    private final Fanout fanout;
    private final BatchSettings settings;
    private final BatchIds ids;
    private final StreamWriter stream;
    private final Scheduler writers;

    /// @param writers where answers are written
    DetachedHandler(
            DetachedBatches batches,
            Planner planner,
            Fanout fanout,
            BatchSettings settings,
            BatchIds ids,
            Scheduler writers) {
        this.batches = batches;
        this.planner = planner;
        this.fanout = fanout;
        this.settings = settings;
        this.ids = ids;
        this.stream = new StreamWriter(settings.writer(), settings.clients().heartbeat(), writers);
        this.writers = writers;
    }

    /// A request for a batch, as far as it has been looked at.
    ///
    /// @param callerBudget the time that the caller's deadline header leaves, or `null`
    /// @param inbound      the headers that may go with its calls
    /// @param answer       the media type that it is answered in
    record Arrived(
            String principal,
            Upload upload,
            long acceptedNanos,
            @Nullable Duration callerBudget,
            Map<String, List<String>> inbound,
            MediaType answer,
            boolean gzip) {

        /// As long as the caller waits at all.
        private Duration within(Duration patience) {
            return Planner.shortest(patience, callerBudget);
        }
    }

    /// Takes on `batch`, which was read from `document`, or answers for what has been made of the same before.
    Mono<ServerResponse> post(Arrived arrived, Preferences preferences, BatchRequest batch, byte[] document) {
        if (batch.answer() != AnswerShape.RESULTS) {
            return Mono.error(new InvalidBatchException(
                    List.of(new Fault("#/answer", "must be results where the batch outlives its request"))));
        }
        String given = preferences.idempotencyKey();
        if (given == null) {
            return start(arrived, preferences, batch, null);
        }
        IdempotencyKey key = IdempotencyKey.of(arrived.principal(), given, document);
        return batches.made(key)
                .flatMap(before -> again(arrived, preferences, before, key))
                .switchIfEmpty(Mono.defer(() -> start(arrived, preferences, batch, key)));
    }

    private Mono<ServerResponse> again(
            Arrived arrived, Preferences preferences, BatchStore.Creation.Existing before, IdempotencyKey key) {
        if (!before.key().equals(key)) {
            return Mono.error(new RefusedException(Problem.of(
                    HttpStatus.UNPROCESSABLE_CONTENT,
                    "idempotency-key-reused",
                    "Idempotency key reused",
                    "header Idempotency-Key has the value that another document was sent with")));
        }
        return answer(before.id(), arrived, preferences);
    }

    private Mono<ServerResponse> start(
            Arrived arrived, Preferences preferences, BatchRequest batch, @Nullable IdempotencyKey key) {
        BatchPlan plan = planner.planWithin(
                budget(batch), ids.next(), batch, arrived.acceptedNanos(), arrived.principal(), arrived.inbound());
        BatchRun run = fanout.retain(plan, arrived.upload());
        return batches.start(run, key).flatMap(creation -> switch (creation) {
            case BatchStore.Creation.Created _ when plan.detaches() -> returned(run, batch, arrived, preferences);
            case BatchStore.Creation.Created _ -> answer(plan.id(), arrived, preferences);
            case BatchStore.Creation.Existing before -> again(arrived, preferences, before, key(key));
        });
    }

    private static IdempotencyKey key(@Nullable IdempotencyKey key) {
        return Objects.requireNonNull(key, "only what has a key can have been made before");
    }

    /// What a batch of `wait` says of its time is about its return, where its calls run on.
    private Duration budget(BatchRequest batch) {
        Duration most = settings.detached().timeout();
        return batch.waiting().detaches() ? most : Planner.shortest(most, batch.timeout());
    }

    /// The answer as if the client had waited for the end, if that comes in its time; else that the batch runs.
    private Mono<ServerResponse> answer(UUID id, Arrived arrived, Preferences preferences) {
        return batches.ended(id, arrived.within(preferences.untilEnd()))
                .then(Mono.defer(() -> batches.all(id)))
                .flatMap(page -> {
                    KeptBatch batch = page.batch();
                    KeptBatch.End ending = batch.ending();
                    if (ending == null) {
                        return accepted(batch, arrived, preferences);
                    }
                    if (!arrived.answer().equals(MediaType.APPLICATION_JSON)) {
                        var head = BatchHandler.head(HttpStatus.OK, arrived.answer(), id, batch.outcome());
                        return stream(head, batch, 0, arrived.answer(), arrived.gzip());
                    }
                    return document(batch, ending, page.results(), arrived.gzip());
                })
                .switchIfEmpty(Mono.error(DetachedHandler::unknown));
    }

    private Mono<ServerResponse> document(
            KeptBatch batch, KeptBatch.End ending, List<StoredResult> landed, boolean gzip) {
        List<StoredResult> results = batch.origin().strategy() == StrategyName.AS_COMPLETED
                ? landed
                : landed.stream()
                        .sorted(Comparator.comparingInt(StoredResult::index))
                        .toList();
        if (ending.failure() == null) {
            return write(
                    BatchHandler.head(HttpStatus.OK, MediaType.APPLICATION_JSON, batch.id(), batch.outcome()),
                    StoredBatch.answer(ending.summary(), results),
                    gzip);
        }
        Problem problem = Problem.batchFailed(ending.timeRanOut(), ending.failure());
        return write(
                BatchHandler.head(problem.status(), MediaType.APPLICATION_PROBLEM_JSON, batch.id(), batch.outcome()),
                StoredBatch.problem(problem.toJson(), ending.summary(), results),
                gzip);
    }

    private Mono<ServerResponse> accepted(KeptBatch batch, Arrived arrived, Preferences preferences) {
        var head = BatchHandler.head(HttpStatus.ACCEPTED, MediaType.APPLICATION_JSON, batch.id(), batch.outcome());
        return describe(heeded(located(head, batch.id()), preferences), batch, arrived.gzip());
    }

    private static ServerResponse.BodyBuilder heeded(ServerResponse.BodyBuilder head, Preferences preferences) {
        String applied = preferences.applied();
        return applied.isEmpty() ? head : head.header("Preference-Applied", applied);
    }

    /// What there is of a batch of `wait` when it returns; or, if its client does not wait for that, that it runs.
    private Mono<ServerResponse> returned(BatchRun run, BatchRequest batch, Arrived arrived, Preferences preferences) {
        Duration patience = arrived.within(Planner.shortest(settings.batches().timeout(), batch.timeout()));
        if (preferences.respondAsync() && preferences.untilEnd().compareTo(patience) < 0) {
            return answer(run.plan().id(), arrived, preferences);
        }
        Mono<Void> returns = batches.returns(run, patience).cache();
        var head = BatchHandler.head(HttpStatus.OK, arrived.answer(), run.plan().id(), BatchOutcome.RUNNING);
        if (!arrived.answer().equals(MediaType.APPLICATION_JSON)) {
            return whatLandsAndIsPending(located(head, run.plan().id()), run, returns, arrived);
        }
        return returns.then(Mono.defer(() -> batches.returned(run)))
                .flatMap(there -> write(
                        located(
                                BatchHandler.head(
                                        HttpStatus.OK,
                                        arrived.answer(),
                                        run.plan().id(),
                                        there.batch().outcome()),
                                run.plan().id()),
                        StoredBatch.numbered(there.summary(), there.inInputOrder()),
                        arrived.gzip()));
    }

    private static ServerResponse.BodyBuilder located(ServerResponse.BodyBuilder head, UUID id) {
        return head.location(URI.create("/batches/" + id));
    }

    /// Each result as it lands until the batch returns, then those of the calls that still run.
    private Mono<ServerResponse> whatLandsAndIsPending(
            ServerResponse.BodyBuilder head, BatchRun run, Mono<Void> returns, Arrived arrived) {
        var sent = new AtomicLong();
        Mono<DetachedBatches.Returned> end =
                returns.then(Mono.defer(() -> batches.returned(run))).cache();
        Flux<StoredResult> results = batches.follow(run.plan().id(), 0)
                .takeUntilOther(returns)
                .doOnNext(result -> sent.set(result.seq()))
                .concatWith(end.flatMapIterable(there -> there.after(sent.get())));
        Mono<StreamWriter.Summary> summary = end.map(there ->
                new StreamWriter.Summary(there.summary(), there.landed().size() + 1L));
        return stream.write(head, results, summary, arrived.answer(), arrived.gzip());
    }

    /// `GET /batches/{id}`.
    Mono<ServerResponse> get(ServerRequest request) {
        var preferences = Preferences.of(request.headers());
        return answered(
                request,
                JSON,
                asked -> batches.ended(asked.batch().id(), preferences.untilEnd())
                        .then(Mono.defer(() -> batches.batch(asked.batch().id(), asked.principal())))
                        .flatMap(batch -> {
                            var head = BatchHandler.head(
                                    HttpStatus.OK, MediaType.APPLICATION_JSON, batch.id(), batch.outcome());
                            return describe(heeded(head, preferences), batch, asked.gzip());
                        }));
    }

    /// `DELETE /batches/{id}`.
    Mono<ServerResponse> delete(ServerRequest request) {
        return answered(
                request,
                JSON,
                asked -> batches.cancel(asked.batch().id())
                        .then(Mono.defer(() -> batches.batch(asked.batch().id(), asked.principal())))
                        .flatMap(batch -> describe(
                                BatchHandler.head(
                                        HttpStatus.OK, MediaType.APPLICATION_JSON, batch.id(), batch.outcome()),
                                batch,
                                asked.gzip())));
    }

    /// `GET /batches/{id}/results`.
    Mono<ServerResponse> results(ServerRequest request) {
        return answered(request, BatchHandler.ANSWERS, asked -> {
            var query = ResultsQuery.of(request);
            return asked.answer().equals(MediaType.APPLICATION_JSON)
                    ? page(asked, query.after(), query.limit())
                    : followed(request, asked, query.after());
        });
    }

    private Mono<ServerResponse> page(Asked asked, long after, int limit) {
        return batches.page(asked.batch().id(), after, new BatchStore.Limit(limit, BYTES_OF_A_PAGE))
                .flatMap(page -> {
                    KeptBatch batch = page.batch();
                    byte[] summary = batch.summary(batches.now());
                    long last = page.results().isEmpty()
                            ? after
                            : page.results().getLast().seq();
                    var head =
                            BatchHandler.head(HttpStatus.OK, MediaType.APPLICATION_JSON, batch.id(), batch.outcome());
                    return write(
                            uncached(head, batch),
                            page.isLast()
                                    ? StoredBatch.numbered(summary, page.results())
                                    : StoredBatch.page(summary, page.results(), last),
                            asked.gzip());
                });
    }

    private Mono<ServerResponse> followed(ServerRequest request, Asked asked, long after) {
        KeptBatch batch = asked.batch();
        if (batch.ending() != null && after > batch.landed()) {
            return ServerResponse.noContent().build();
        }
        AnswerEnd.hold(request, fanout.follower(asked.principal()));
        var head = BatchHandler.head(HttpStatus.OK, asked.answer(), batch.id(), batch.outcome());
        return stream(head, batch, after, asked.answer(), asked.gzip());
    }

    private Mono<ServerResponse> stream(
            ServerResponse.BodyBuilder head, KeptBatch batch, long after, MediaType answer, boolean gzip) {
        Mono<StreamWriter.Summary> end = batches.batch(
                        batch.id(), batch.origin().principal())
                .map(ended -> new StreamWriter.Summary(ended.summary(batches.now()), ended.landed() + 1));
        return stream.write(head, batches.follow(batch.id(), after), end, answer, gzip);
    }

    /// A request for a batch that there is, and that its caller may see.
    private record Asked(String principal, KeptBatch batch, MediaType answer, boolean gzip) {}

    private Mono<ServerResponse> answered(
            ServerRequest request, List<MediaType> offered, Function<Asked, Mono<ServerResponse>> answer) {
        return BatchHandler.principal(request)
                .flatMap(principal -> {
                    MediaType type = BatchHandler.negotiate(request.headers(), offered);
                    boolean gzip = Gzip.isTakenBy(request.headers().header(HttpHeaders.ACCEPT_ENCODING));
                    return batches.batch(id(request), principal)
                            .flatMap(batch -> answer.apply(new Asked(principal, batch, type, gzip)))
                            .switchIfEmpty(Mono.error(DetachedHandler::unknown));
                })
                .onErrorResume(BatchHandler::refused);
    }

    private static UUID id(ServerRequest request) {
        String given = request.pathVariable(BATCH);
        try {
            UUID id = UUID.fromString(given);
            if (id.toString().equals(given)) {
                return id;
            }
        } catch (IllegalArgumentException none) {
            // no batch is called so
        }
        throw unknown();
    }

    private static RefusedException unknown() {
        return new RefusedException(Problem.of(
                HttpStatus.NOT_FOUND,
                "unknown-batch",
                "Unknown batch",
                "there is no batch of this id, not any more, or not of this caller"));
    }

    private Mono<ServerResponse> describe(ServerResponse.BodyBuilder head, KeptBatch batch, boolean gzip) {
        return write(
                uncached(head, batch), StoredBatch.document(batch.summary(batches.now()), batch.expiresAt()), gzip);
    }

    /// It changes, and while it does is worth another look.
    private static ServerResponse.BodyBuilder uncached(ServerResponse.BodyBuilder head, KeptBatch batch) {
        head.header(HttpHeaders.CACHE_CONTROL, "no-store");
        return batch.ending() == null
                ? head.header(HttpHeaders.RETRY_AFTER, Long.toString(ASK_AGAIN_AFTER.toSeconds()))
                : head;
    }

    /// Pieces that are not copied, unless they are compressed: then each when it is its turn.
    private Mono<ServerResponse> write(ServerResponse.BodyBuilder head, List<ByteBuffer> pieces, boolean gzip) {
        long length = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
        if (gzip && length >= Gzip.LEAST_BYTES) {
            return BatchHandler.compressed(head)
                    .body((response, _) -> response.writeWith(Gzip.compress(Flux.fromIterable(pieces)
                                    .publishOn(writers, 1)
                                    .map(piece -> new Piece(piece, null)))
                            .map(piece -> response.bufferFactory().wrap(piece.bytes()))));
        }
        return head.contentLength(length)
                .body((response, _) -> response.writeWith(Flux.fromIterable(pieces)
                        .map(piece -> response.bufferFactory().wrap(piece))));
    }
}
