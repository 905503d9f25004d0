package dev.muster.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.server.HttpServer;

class EventLoopsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int PIECES = 2_000;
    private static final byte[] PIECE = new byte[1_000];

    private EventLoops loops = new EventLoops(new TransportProperties(true));

    @AfterEach
    void dispose() {
        loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
    }

    /// Reading stops and begins again with every piece, on both sides, with more in the socket each time.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void missesNothingOfABodyThatIsTakenPieceByPiece(boolean coalesce) {
        loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);
        loops = new EventLoops(new TransportProperties(coalesce));
        var server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .runOn(loops)
                .handle((request, response) -> response.send(request.receive().retain(), _ -> true))
                .bindNow(PATIENCE);
        try {
            Long bytes = HttpClient.create()
                    .runOn(loops)
                    .post()
                    .uri("http://127.0.0.1:" + server.port())
                    .send(ByteBufFlux.fromInbound(Flux.range(0, PIECES).map(_ -> Unpooled.wrappedBuffer(PIECE))))
                    .responseContent()
                    .map(piece -> (long) piece.readableBytes())
                    .publishOn(Schedulers.parallel(), 1)
                    .reduce(Long::sum)
                    .block(PATIENCE);

            assertThat(bytes).isEqualTo((long) PIECES * PIECE.length);
        } finally {
            server.disposeNow(PATIENCE);
        }
    }

    @Test
    void mayNotBeBlocked() {
        var loop = loops.onServer(true).next();

        Boolean blocking = Mono.fromCallable(Schedulers::isInNonBlockingThread)
                .subscribeOn(Schedulers.fromExecutor(loop))
                .block(PATIENCE);

        assertThat(Objects.requireNonNull(blocking)).isTrue();
    }

    @Test
    void endWithTheirThreads() {
        loops.disposeLater(Duration.ZERO, PATIENCE).block(PATIENCE);

        assertThat(loops.isDisposed()).isTrue();
        assertThat(loops.onServer(true).isTerminated()).isTrue();
    }
}
