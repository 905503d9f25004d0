package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.SelfSigned;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.service.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLContext;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Upstreams that answer before they have read the whole request: their answer holds, their connection is not used
/// again unless the request was sent to its end.
@ExtendWith(NoLeaks.class)
class EarlyAnswerTest {

    /// More than the sockets of both sides hold.
    private static final byte[] UPLOAD = new byte[8 << 20];

    private static final String WHO = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\n\r\nwho?";
    private static final String WHO_CHUNKED =
            "HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n";
    private static final byte[] SMALL = "a".repeat(1_000).getBytes(US_ASCII);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\n\r\nwho?",
                "HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n4\r\nwho?\r\n0\r\n\r\n",
                "HTTP/1.1 401 Unauthorized\r\nconnection: keep-alive\r\ncontent-length: 4\r\n\r\nwho?",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 Content Too Large\r\ncontent-length: 4\r\n\r\nwho?"
            })
    void aConnectionWhoseRequestWasHalfSentIsNotUsedAgain(String answer) throws Exception {
        try (var server = RawServer.serving(peer -> {
                    if (peer.number() == 1) {
                        peer.readHead();
                        peer.write(answer);
                        peer.hold();
                    } else {
                        while (peer.read() != null) {
                            peer.write(RawServer.ok("ok"));
                        }
                    }
                });
                var upstreams = Upstreams.with().maxConnections(1).open()) {
            CallOutcome early = upstreams.call(
                    CallPlans.to(server.url("/")).method("POST").body(UPLOAD, "application/octet-stream"));
            assertThat(status(early)).isIn(401, 204, 413);

            assertThat(status(upstreams.call(CallPlans.to(server.url("/"))))).isEqualTo(200);
            assertThat(status(upstreams.call(CallPlans.to(server.url("/"))))).isEqualTo(200);
            assertThat(server.accepted()).isEqualTo(2);
            await().atMost(BOUND).until(() -> server.open() == 1);
        }
    }

    /// How an upstream leaves that has answered, and will read no more.
    enum Leaving {
        /// The system resets the connection, as there are bytes that were not read.
        CLOSES {
            @Override
            void leave(RawServer.Peer peer) {}
        },
        RESETS {
            @Override
            void leave(RawServer.Peer peer) throws IOException {
                peer.reset();
            }
        },
        CLOSES_LATER {
            @Override
            void leave(RawServer.Peer peer) {
                peer.pause(Duration.ofMillis(20));
            }
        };

        abstract void leave(RawServer.Peer peer) throws IOException;
    }

    @ParameterizedTest
    @EnumSource
    void theAnswerOfAnUpstreamThatLeavesHolds(Leaving leaving) throws Exception {
        try (var server = RawServer.serving(answersAndLeaves(leaving));
                var upstreams = patient()) {
            assertAnswersHold(upstreams, "http://127.0.0.1:%d/".formatted(server.port()));
        }
    }

    @ParameterizedTest
    @EnumSource
    void theAnswerOfAnUpstreamThatLeavesHoldsBehindTlsToo(Leaving leaving, @TempDir Path dir) throws Exception {
        var certificate = SelfSigned.in(dir);
        var tls = SSLContext.getInstance("TLS");
        tls.init(certificate.keys().getKeyManagers(), null, null);
        try (var server = RawServer.serving(tls, answersAndLeaves(leaving))) {
            certificate.whileTrusted(() -> {
                try (var upstreams = patient()) {
                    assertAnswersHold(upstreams, "https://127.0.0.1:%d/".formatted(server.port()));
                }
            });
        }
    }

    /// None, a part of one, and one whose end is that of the connection: a reset is no end.
    @ParameterizedTest
    @CsvSource({
        "''",
        "HTTP/1.1 401 Unauthorized~content-le",
        "HTTP/1.1 100 Continue~~",
        "HTTP/1.1 401 Unauthorized~content-length: 5~~who?",
        "HTTP/1.1 401 Unauthorized~transfer-encoding: chunked~~4~who?~",
        "HTTP/1.1 401 Unauthorized~~who?"
    })
    void whatIsNoWholeAnswerOfAnUpstreamThatLeavesIsAReset(String answer) throws Exception {
        try (var server = RawServer.serving(peer -> {
                    peer.readHead();
                    peer.skip(100_000);
                    peer.write(answer.replace("~", "\r\n"));
                });
                var upstreams = patient()) {
            for (int i = 0; i < 10; i++) {
                assertThat(upstreams.call(
                                CallPlans.to(server.url("/")).method("POST").body(UPLOAD, "application/octet-stream")))
                        .isInstanceOfSatisfying(
                                CallOutcome.Failed.class,
                                failed -> assertThat(failed.type()).isEqualTo(FailureType.CONNECTION_RESET));
            }
        }
    }

    private static Upstreams patient() {
        return Upstreams.with()
                .maxConnections(1)
                .connectTimeout(Duration.ofSeconds(10))
                .open();
    }

    private static RawServer.Script answersAndLeaves(Leaving leaving) {
        return peer -> {
            peer.readHead();
            peer.skip(100_000);
            peer.write(peer.number() % 2 == 0 ? WHO : WHO_CHUNKED);
            leaving.leave(peer);
        };
    }

    /// Often, as it depends on what the event loop looks at first.
    private static void assertAnswersHold(Upstreams upstreams, String url) {
        for (int i = 0; i < 30; i++) {
            assertThat(status(
                            upstreams.call(CallPlans.to(url).method("POST").body(UPLOAD, "application/octet-stream"))))
                    .isEqualTo(401);
        }
    }

    @Test
    void aConnectionWhoseRequestWasSentBeforeTheUpstreamReadItIsUsedAgain() throws Exception {
        try (var server = RawServer.serving(peer -> {
                    peer.readHead();
                    peer.write(RawServer.ok("early"));
                    peer.skip(SMALL.length);
                    while (peer.read() != null) {
                        peer.write(RawServer.ok("ok"));
                    }
                });
                var upstreams = Upstreams.open()) {
            for (int i = 0; i < 3; i++) {
                assertThat(status(upstreams.call(
                                CallPlans.to(server.url("/")).method("POST").body(SMALL, "text/plain"))))
                        .isEqualTo(200);
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void overHttp2OnlyTheStreamEnds() throws Exception {
        try (var server = new MockWebServer();
                var upstreams = Upstreams.with().protocol(Protocol.H2C).open()) {
            server.setProtocols(List.of(okhttp3.Protocol.H2_PRIOR_KNOWLEDGE));
            server.enqueue(new MockResponse.Builder()
                    .code(401)
                    .body("who?")
                    .doNotReadRequestBody()
                    .build());
            server.enqueue(new MockResponse.Builder().body("ok").build());
            server.start();
            CallPlans url = CallPlans.to("http://127.0.0.1:%d/".formatted(server.getPort()))
                    .service(upstreams.service());

            assertThat(status(upstreams.call(url.method("POST").body(UPLOAD, "application/octet-stream"))))
                    .isEqualTo(401);
            assertThat(status(upstreams.call(CallPlans.to("http://127.0.0.1:%d/".formatted(server.getPort()))
                            .service(upstreams.service()))))
                    .isEqualTo(200);
            server.takeRequest();
            assertThat(server.takeRequest().getConnectionIndex()).isZero();
        }
    }

    private static int status(CallOutcome outcome) {
        return switch (outcome) {
            case CallOutcome.Succeeded succeeded -> succeeded.response().status();
            case CallOutcome.Failed failed
            when failed.response() != null -> failed.response().status();
            default -> throw new AssertionError(outcome);
        };
    }
}
