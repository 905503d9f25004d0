package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.CallPlans;
import dev.muster.call.LiveCall;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.SelfSigned;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.plan.CallPlan;
import dev.muster.service.Protocol;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.SslProvider;

/// HTTP/2, in clear text and over TLS: one connection carries many calls, and a call that ends early takes only its
/// stream with it.
@ExtendWith(NoLeaks.class)
class Http2Test {

    private final LoopResources loops = LoopResources.create("upstream", 1, true);
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger cancelled = new AtomicInteger();
    private final Set<Object> connections = ConcurrentHashMap.newKeySet();

    @AfterEach
    void close() {
        loops.disposeLater(Duration.ZERO, BOUND).block(BOUND);
    }

    @Test
    void manyCallsShareOneConnection() {
        DisposableServer server = h2c();
        try (var upstreams =
                Upstreams.with().protocol(Protocol.H2C).maxStreams(100).open()) {
            CallPlan plan = plan(upstreams, "http", server, "/ok");
            upstreams.call(to(upstreams, "http", server, "/ok"));
            Long succeeded = Flux.range(0, 1_000)
                    .flatMap(_ -> upstreams.make(plan, upstreams.live(plan)), 50)
                    .filter(CallOutcome.Succeeded.class::isInstance)
                    .count()
                    .block(BOUND);

            assertThat(succeeded).isEqualTo(1_000);
            assertThat(connections).hasSize(1);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void whatTheCodecNotesOfAStreamIsNoHeaderOfTheResponse() {
        DisposableServer server = h2c();
        try (var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            assertThat(upstreams.call(to(upstreams, "http", server, "/ok")))
                    .isInstanceOfSatisfying(
                            CallOutcome.Succeeded.class,
                            succeeded -> assertThat(
                                            succeeded.response().headers().keySet())
                                    .noneMatch(name -> name.startsWith("x-http2-")));
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aCallThatTimesOutResetsItsStreamAndLeavesTheConnection() {
        DisposableServer server = h2c();
        try (var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            upstreams.call(to(upstreams, "http", server, "/ok"));
            for (int i = 1; i <= 20; i++) {
                int before = requests.get();
                CallPlan plan = plan(upstreams, "http", server, "/silent");
                LiveCall live = upstreams.live(plan);
                CompletableFuture<@Nullable CallOutcome> outcome =
                        upstreams.make(plan, live).toFuture();
                await().atMost(BOUND).until(() -> requests.get() > before);
                live.expire(live.deadline());

                assertThat(outcome).isDone();
                assertThat(outcome.getNow(null)).isInstanceOfSatisfying(CallOutcome.TimedOut.class, timedOut -> {
                    assertThat(timedOut.phase()).isEqualTo(Phase.RESPONSE);
                    assertThat(timedOut.trace().sent()).isTrue();
                });
                int streams = i;
                await().atMost(BOUND).until(() -> cancelled.get() == streams);
            }
            assertThat(upstreams.call(to(upstreams, "http", server, "/ok"))).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(connections).hasSize(1);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aBodyThatIsTooLargeResetsItsStreamAndLeavesTheConnection() {
        DisposableServer server = h2c();
        try (var upstreams =
                Upstreams.with().protocol(Protocol.H2C).maxResponseBytes(10_000).open()) {
            for (int i = 0; i < 5; i++) {
                assertThat(upstreams.call(to(upstreams, "http", server, "/endless")))
                        .isInstanceOfSatisfying(
                                CallOutcome.Failed.class,
                                failed -> assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE));
            }
            assertThat(upstreams.call(to(upstreams, "http", server, "/ok"))).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(connections).hasSize(1);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aStreamThatTheUpstreamResetsIsAReset() {
        DisposableServer server = h2c();
        try (var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            assertThat(upstreams.call(to(upstreams, "http", server, "/reset")))
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.type()).isEqualTo(FailureType.CONNECTION_RESET));
            assertThat(upstreams.call(to(upstreams, "http", server, "/ok"))).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(connections).hasSize(1);
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void interimResponsesAreSkippedAndAStormOfThemIsAProtocolError() throws Exception {
        for (int interim : List.of(0, 1, ResponseBoundary.MOST_INTERIM)) {
            assertThat(callWithInterimResponses(interim))
                    .isInstanceOfSatisfying(CallOutcome.Succeeded.class, succeeded -> {
                        assertThat(succeeded.response().status()).isEqualTo(200);
                        assertThat(succeeded.response().headers().containsKey("link"))
                                .isFalse();
                        assertThat(succeeded.response().body()).asString().isEqualTo("final");
                    });
        }
        assertThat(callWithInterimResponses(1_000))
                .isInstanceOfSatisfying(
                        CallOutcome.Failed.class,
                        failed -> assertThat(failed.type()).isEqualTo(FailureType.PROTOCOL_ERROR));
    }

    private static CallOutcome callWithInterimResponses(int number) throws Exception {
        var response = new MockResponse.Builder().body("final");
        for (int i = 0; i < number; i++) {
            response.addInformationalResponse(new MockResponse.Builder()
                    .code(103)
                    .addHeader("link", "</style.css>; rel=preload")
                    .build());
        }
        try (var server = new MockWebServer();
                var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            server.setProtocols(List.of(okhttp3.Protocol.H2_PRIOR_KNOWLEDGE));
            server.enqueue(response.build());
            server.enqueue(response.build());
            server.start();
            CallPlans url = CallPlans.to("http://127.0.0.1:%d/".formatted(server.getPort()))
                    .service(upstreams.service());
            CallOutcome first = upstreams.call(url);
            CallOutcome second = upstreams.call(url);
            assertThat(second).hasSameClassAs(first);
            return second;
        }
    }

    @Test
    void anUpstreamThatDoesNotSpeakHttp2FailsTheCall() throws Exception {
        try (var server = RawServer.serving(peer -> {
                    peer.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    peer.hold();
                });
                var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            assertThat(upstreams.call(CallPlans.to(server.url("/")).service(upstreams.service())))
                    .isInstanceOf(CallOutcome.Failed.class);
        }
    }

    @Test
    void theWireIsTheSameAsOverHttp1() {
        DisposableServer server = h2c();
        try (var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            CallOutcome outcome = upstreams.call(to(upstreams, "http", server, "/echo?a=%2F")
                    .method("POST")
                    .header("x-tenant", "a")
                    .body(new byte[] {'h', 'i'}, "text/plain"));
            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            CallOutcome.Succeeded.class,
                            succeeded -> assertThat(succeeded.response().body())
                                    .asString()
                                    .isEqualTo("POST /echo?a=%2F text/plain 2 a muster gzip hi"));
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void tlsIsVerifiedAndHttp2AgreedByAlpn(@TempDir Path dir) throws Exception {
        var certificate = SelfSigned.in(dir);
        SslProvider.GenericSslContextSpec<?> http2 = Http2SslContextSpec.forServer(certificate.keys());
        DisposableServer server = bind(HttpServer.create()
                .protocol(HttpProtocol.H2, HttpProtocol.HTTP11)
                .secure(spec -> spec.sslContext(http2)));
        try {
            try (var untrusting = Upstreams.with().protocol(Protocol.H2).open()) {
                assertTlsFails(untrusting.call(to(untrusting, "https", server, "/ok")));
            }
            certificate.whileTrusted(() -> {
                try (var upstreams = Upstreams.with().protocol(Protocol.H2).open()) {
                    for (int i = 0; i < 20; i++) {
                        assertThat(upstreams.call(to(upstreams, "https", server, "/ok")))
                                .isInstanceOf(CallOutcome.Succeeded.class);
                    }
                    assertThat(connections).hasSize(1);
                    // the certificate is for 127.0.0.1, not for this name
                    assertTlsFails(upstreams.call(CallPlans.to("https://other.test:" + server.port() + "/ok")
                            .service(upstreams.service())));
                }
                try (var upstreams = Upstreams.open()) {
                    assertThat(upstreams.call(to(upstreams, "https", server, "/ok")))
                            .isInstanceOf(CallOutcome.Succeeded.class);
                }
            });
        } finally {
            server.disposeNow();
        }
    }

    @Test
    void aServerThatDoesNotOfferHttp2IsAFailedCall(@TempDir Path dir) throws Exception {
        var certificate = SelfSigned.in(dir);
        SslProvider.GenericSslContextSpec<?> http11 = Http11SslContextSpec.forServer(certificate.keys());
        DisposableServer server =
                bind(HttpServer.create().protocol(HttpProtocol.HTTP11).secure(spec -> spec.sslContext(http11)));
        try {
            certificate.whileTrusted(() -> {
                try (var upstreams = Upstreams.with().protocol(Protocol.H2).open()) {
                    assertThat(upstreams.call(to(upstreams, "https", server, "/ok")))
                            .isInstanceOf(CallOutcome.Failed.class);
                }
            });
        } finally {
            server.disposeNow();
        }
    }

    private static void assertTlsFails(CallOutcome outcome) {
        assertThat(outcome).isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
            assertThat(failed.type()).isEqualTo(FailureType.TLS_FAILED);
            assertThat(failed.trace().sent()).isFalse();
        });
    }

    private DisposableServer h2c() {
        return bind(HttpServer.create().protocol(HttpProtocol.H2C));
    }

    private DisposableServer bind(HttpServer server) {
        return server.host("127.0.0.1")
                .port(0)
                .runOn(loops)
                .handle(this::answer)
                .bindNow(BOUND);
    }

    private Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        request.withConnection(connection -> {
            var channel = connection.channel();
            connections.add(
                    channel instanceof Http2StreamChannel stream
                            ? stream.parent().id()
                            : channel.id());
            if (request.uri().startsWith("/silent")) {
                connection.onDispose(cancelled::incrementAndGet);
            }
        });
        requests.incrementAndGet();
        return switch (request.uri()) {
            case "/silent" -> Mono.never();
            case "/reset" -> {
                response.withConnection(connection -> {
                    var _ = connection.channel().close();
                });
                yield Mono.never();
            }
            case "/endless" -> response.send(Flux.generate(sink -> sink.next(Unpooled.wrappedBuffer(new byte[1_000]))));
            case "/ok" -> response.sendString(Mono.just("ok"));
            default ->
                response.sendString(request.receive()
                        .aggregate()
                        .asString()
                        .map(body -> String.join(
                                " ",
                                request.method().name(),
                                request.uri(),
                                request.requestHeaders().get(HttpHeaderNames.CONTENT_TYPE),
                                request.requestHeaders().get(HttpHeaderNames.CONTENT_LENGTH),
                                request.requestHeaders().get("x-tenant"),
                                request.requestHeaders().get(HttpHeaderNames.USER_AGENT),
                                request.requestHeaders().get(HttpHeaderNames.ACCEPT_ENCODING),
                                body)));
        };
    }

    private static CallPlan plan(Upstreams upstreams, String scheme, DisposableServer server, String path) {
        return to(upstreams, scheme, server, path).build();
    }

    private static CallPlans to(Upstreams upstreams, String scheme, DisposableServer server, String path) {
        return CallPlans.to(scheme + "://127.0.0.1:" + server.port() + path).service(upstreams.service());
    }
}
