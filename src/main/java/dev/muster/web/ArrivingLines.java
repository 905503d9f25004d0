package dev.muster.web;

import dev.muster.fanout.BatchRun;
import dev.muster.plan.NanoClock;
import dev.muster.request.InputLine;
import dev.muster.request.LineReader;
import java.time.Duration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.web.reactive.function.server.ServerRequest;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// The lines of one request as they arrive. What has not been asked for stays with the client.
final class ArrivingLines {

    private static final long NEVER = Long.MIN_VALUE;
    private static final int CHECKS = 4;

    private final LineReader reader;
    private final Duration patience;
    private final NanoClock clock;
    /// Since when the client has been waited for, or [#NEVER].
    private volatile long waitingSince = NEVER;

    /// @param patience how long a client may send nothing while nothing is done for it
    ArrivingLines(LineReader reader, Duration patience, NanoClock clock) {
        this.reader = reader;
        this.patience = patience;
        this.clock = clock;
    }

    /// Those of `request`. Of a client that has fallen silent, `batch` reads no more of them.
    ///
    /// @param batch that they are calls of
    Flux<InputLine> of(ServerRequest request, BatchRun batch) {
        return request.exchange()
                .getRequest()
                .getBody()
                .doOnRequest(_ -> waitingSince = clock.nanos())
                .map(this::bytes)
                .concatMapIterable(reader::read, 1)
                .concatWith(Flux.defer(() -> Flux.fromIterable(reader.end())))
                .takeUntilOther(silence(batch));
    }

    /// Each piece is copied out of the connection's buffer at once, in which it would fill the memory that all
    /// connections read into.
    private byte[] bytes(DataBuffer piece) {
        try {
            waitingSince = NEVER;
            byte[] bytes = new byte[piece.readableByteCount()];
            piece.read(bytes);
            return bytes;
        } finally {
            DataBufferUtils.release(piece);
        }
    }

    private Mono<Void> silence(BatchRun batch) {
        return Flux.interval(patience.dividedBy(CHECKS))
                .onBackpressureDrop()
                .filter(_ -> isSilent(batch))
                .doOnNext(_ -> batch.stopReading())
                .then(Mono.never());
    }

    private boolean isSilent(BatchRun batch) {
        long since = waitingSince;
        if (since == NEVER) {
            return false;
        }
        if (!batch.isIdle()) {
            waitingSince = clock.nanos();
            return false;
        }
        return clock.nanos() - since >= patience.toNanos();
    }
}
