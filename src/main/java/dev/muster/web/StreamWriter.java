package dev.muster.web;

import dev.muster.answer.BatchWriter;
import dev.muster.answer.StoredResult;
import dev.muster.answer.StreamFormat;
import dev.muster.fanout.BatchRun;
import dev.muster.outcome.Result;
import dev.muster.strategy.BatchOutcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.server.ServerResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/// Answers with a stream: each result as soon as it is there, then the summary.
final class StreamWriter {

    private static final byte[] SSE_COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    /// The results that are written ahead of a client that reads slowly.
    private static final int AHEAD = 32;

    private final BatchWriter writer;
    private final Duration heartbeat;
    private final Scheduler writers;

    /// @param heartbeat how often a comment keeps a stream of server-sent events open
    /// @param writers   where results are written
    StreamWriter(BatchWriter writer, Duration heartbeat, Scheduler writers) {
        this.writer = writer;
        this.heartbeat = heartbeat;
        this.writers = writers;
    }

    /// @param results those of `batch`, once
    Mono<ServerResponse> write(BatchRun batch, Flux<? extends Result> results, MediaType mediaType, boolean gzip) {
        StreamFormat format = format(mediaType);
        var head = BatchHandler.head(HttpStatus.OK, mediaType, batch.plan().id(), BatchOutcome.RUNNING);
        return send(head, heldOpen(pieces(batch, results, format), format), gzip);
    }

    /// @param results what is kept of a batch, read no faster than it is written
    /// @param end     its summary, asked for after the last of them
    Mono<ServerResponse> write(
            ServerResponse.BodyBuilder head,
            Flux<StoredResult> results,
            Mono<Summary> end,
            MediaType mediaType,
            boolean gzip) {
        StreamFormat format = format(mediaType);
        // The head leaves with the first piece: here there may be none for a long time.
        Flux<Piece> pieces = Flux.just(new Piece(ByteBuffer.allocate(0), null))
                .concatWith(results.publishOn(writers, 1).map(result -> new Piece(format.stored(result), null)))
                .concatWith(
                        end.map(summary -> new Piece(format.storedSummary(summary.json(), summary.number()), null)));
        return send(head, heldOpen(pieces, format), gzip);
    }

    /// What a stream ends with.
    ///
    /// @param number one above that of the last result
    record Summary(byte[] json, long number) {}

    private static StreamFormat format(MediaType mediaType) {
        return mediaType.equals(MediaType.TEXT_EVENT_STREAM) ? StreamFormat.SSE : StreamFormat.NDJSON;
    }

    private static Mono<ServerResponse> send(ServerResponse.BodyBuilder head, Flux<Piece> pieces, boolean gzip) {
        Flux<Piece> sent = gzip ? Gzip.compress(pieces) : pieces;
        return (gzip ? BatchHandler.compressed(head) : head)
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .header("X-Accel-Buffering", "no")
                .body((response, _) -> {
                    // A client that leaves just when the first piece is written makes the server
                    // forget the stream without cancelling it.
                    var written = Sinks.<Void>empty();
                    var buffers = (NettyDataBufferFactory) response.bufferFactory();
                    return response.writeAndFlushWith(
                                    sent.takeUntilOther(written.asMono()).map(piece -> atItsTurn(piece, buffers)))
                            .doFinally(_ -> written.tryEmitEmpty());
                });
    }

    /// The buffer that `piece` becomes when it is its turn: nobody releases those that still wait when a client leaves.
    /// What has had its turn is held on to until there is another, and must not hold the piece.
    private static Mono<DataBuffer> atItsTurn(Piece piece, NettyDataBufferFactory buffers) {
        var waiting = new AtomicReference<@Nullable Piece>(piece);
        return Mono.<DataBuffer>fromSupplier(() -> buffers.wrap(
                        Objects.requireNonNull(waiting.getAndSet(null)).buffer(buffers.getByteBufAllocator())))
                .doOnDiscard(DataBuffer.class, DataBufferUtils::release);
    }

    /// What is written, piece by piece.
    private Flux<Piece> pieces(BatchRun batch, Flux<? extends Result> results, StreamFormat format) {
        var number = new AtomicLong();
        return results.publishOn(writers, AHEAD)
                .map(result -> piece(batch, result, format, number.incrementAndGet()))
                .concatWith(Mono.fromSupplier(
                        () -> new Piece(format.summary(batch.summary(), number.incrementAndGet()), null)));
    }

    private Flux<Piece> heldOpen(Flux<Piece> pieces, StreamFormat format) {
        return switch (format) {
            case SSE ->
                pieces.publish(
                        events -> Flux.merge(
                                events,
                                Flux.interval(heartbeat)
                                        .onBackpressureDrop()
                                        .map(_ -> new Piece(ByteBuffer.wrap(SSE_COMMENT), null))
                                        .takeUntilOther(events.ignoreElements())),
                        AHEAD);
            case NDJSON -> pieces;
        };
    }

    /// It does not keep the result: the last piece that was written is held on to until there is another.
    private Piece piece(BatchRun batch, Result result, StreamFormat format, long number) {
        ByteBuffer bytes = format.result(writer, result, number);
        int index = result.index();
        return new Piece(bytes, batch.plan().isEndless() ? () -> batch.left(index) : null);
    }
}
