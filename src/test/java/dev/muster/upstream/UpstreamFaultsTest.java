package dev.muster.upstream;

import static dev.muster.call.Upstreams.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.call.CallPlans;
import dev.muster.call.LiveCall;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.plan.CallPlan;
import dev.muster.plan.Layer;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What an upstream can do wrong, byte by byte, and what the caller is told.
@ExtendWith(NoLeaks.class)
class UpstreamFaultsTest {

    private static final Upstreams UPSTREAMS = Upstreams.with()
            .maxResponseBytes(100_000)
            .connectTimeout(Duration.ofSeconds(1))
            .open();

    @AfterAll
    static void close() {
        UPSTREAMS.close();
    }

    @Test
    void aResetBeforeTheHeadIsAReset() throws Exception {
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.reset();
        });
    }

    @Test
    void aCloseBeforeTheHeadIsAReset() throws Exception {
        assertFails(FailureType.CONNECTION_RESET, RawServer.Peer::read);
    }

    @Test
    void aResetWithinTheHeadIsAReset() throws Exception {
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\ncontent-le");
            peer.reset();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "H",
                "HTTP/1.1 20",
                "HTTP/1.1 200 OK",
                "HTTP/1.1 200 OK\r\n",
                "HTTP/1.1 200 OK\r\ncontent-le",
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r",
                "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nserv"
            })
    void anUpstreamThatDiesWithinTheHeadIsAReset(String head) throws Exception {
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.write(head);
        });
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.write(head);
            peer.reset();
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gzip, chunked",
                "gzip,chunked",
                "deflate, chunked",
                "gzip\r\ntransfer-encoding: chunked",
                "chunked, gzip",
                "chunked, chunked",
                "gzip",
                "x-unknown, chunked"
            })
    void aTransferCodingThatNobodyAskedForIsAProtocolError(String codings) throws Exception {
        assertFails(FailureType.PROTOCOL_ERROR, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: " + codings + "\r\n\r\n5\r\n12345\r\n0\r\n\r\n");
            peer.hold();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"chunked", "Chunked", " CHUNKED "})
    void chunkedIsReadHoweverItIsSpelt(String coding) throws Exception {
        try (var server = RawServer.answering(
                "HTTP/1.1 200 OK\r\ntransfer-encoding:" + coding + "\r\n\r\n5\r\n12345\r\n0\r\n\r\n")) {
            assertThat(assertSucceeds(CallPlans.to(server.url("/"))).response().body())
                    .asString()
                    .isEqualTo("12345");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "content-length: 10\r\n\r\n12345",
                "content-length: 10\r\n\r\n",
                "transfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
                "transfer-encoding: chunked\r\n\r\n5\r\n123",
                "transfer-encoding: chunked\r\n\r\n"
            })
    void aTruncatedBodyIsAReset(String response) throws Exception {
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\n" + response);
        });
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\n" + response);
            peer.reset();
        });
    }

    @Test
    void aContentLengthThatLiesHighTakesNoMoreMemoryThanTheLimit() throws Exception {
        assertFails(FailureType.CONNECTION_RESET, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000\r\n\r\n12345");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SSH-2.0-OpenSSH_9.6\r\n\r\n",
                "\u0000\u0001\u0002\u0003 \r\n\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length: 5, 6\r\n\r\n12345",
                "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
                "HTTP/1.1 200 OK\r\n: nameless\r\n\r\n",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
            })
    void whatIsNotHttpIsAProtocolError(String response) throws Exception {
        assertFails(FailureType.PROTOCOL_ERROR, peer -> {
            peer.read();
            peer.write(response);
            peer.hold();
        });
    }

    @Test
    void aHeadWithoutEndIsAProtocolError() throws Exception {
        assertFails(FailureType.PROTOCOL_ERROR, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\n");
            while (true) {
                peer.write("x-filler: " + "a".repeat(1_000) + "\r\n");
            }
        });
        assertFails(FailureType.PROTOCOL_ERROR, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 " + "a".repeat(10_000));
            peer.hold();
        });
    }

    @Test
    void aHeadThatIsTooLongNamesItsLimit() throws Exception {
        assertThat(detailOf("HTTP/1.1 200 OK\r\nx: " + "a".repeat(40_000) + "\r\n\r\n"))
                .isEqualTo("the head of the response has more than 32768 bytes");
        assertThat(detailOf("HTTP/1.1 200 " + "a".repeat(10_000) + "\r\n\r\n"))
                .isEqualTo("the status line of the response has more than 4096 bytes");
    }

    private static String detailOf(String response) throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.read();
            peer.write(response);
            peer.hold();
        })) {
            return ((CallOutcome.Failed) UPSTREAMS.call(CallPlans.to(server.url("/")))).detail();
        }
    }

    @Test
    void anEndlessBodyIsTooLargeAndItsConnectionIsClosed() throws Exception {
        var gone = new CountDownLatch(1);
        assertFails(FailureType.RESPONSE_TOO_LARGE, peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
            try {
                while (true) {
                    peer.write("400\r\n" + "a".repeat(0x400) + "\r\n");
                }
            } catch (IOException closed) {
                gone.countDown();
            }
        });
        assertThat(gone.await(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aStormOfInterimResponsesIsAProtocolErrorAndItsConnectionIsClosed() throws Exception {
        var gone = new CountDownLatch(1);
        assertFails(FailureType.PROTOCOL_ERROR, peer -> {
            peer.read();
            try {
                while (true) {
                    peer.write("HTTP/1.1 102 Processing\r\n\r\n");
                }
            } catch (IOException closed) {
                gone.countDown();
            }
        });
        assertThat(gone.await(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aStormOfInterimResponsesInOneSegmentIsAProtocolError() throws Exception {
        assertFails(FailureType.PROTOCOL_ERROR, peer -> {
            peer.read();
            peer.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(1_000) + RawServer.ok("late"));
            peer.hold();
        });
    }

    @Test
    void interimResponsesAreSkippedOnAReusedConnection() throws Exception {
        try (var server = RawServer.serving(peer -> {
            for (int number = 1; peer.read() != null; number++) {
                peer.write("HTTP/1.1 100 Continue\r\n\r\n");
                peer.write("HTTP/1.1 102 Processing\r\n\r\n".repeat(20));
                peer.write("HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n"
                        + RawServer.ok("answer " + number));
            }
        })) {
            for (int number = 1; number <= 20; number++) {
                var succeeded = assertSucceeds(CallPlans.to(server.url("/")));
                assertThat(succeeded.response().status()).isEqualTo(200);
                assertThat(succeeded.response().headers().containsKey("link")).isFalse();
                assertThat(succeeded.response().body()).asString().isEqualTo("answer " + number);
            }
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aHundredInterimResponsesAreNoStorm() throws Exception {
        try (var server = RawServer.answering(
                "HTTP/1.1 102 Processing\r\n\r\n".repeat(ResponseBoundary.MOST_INTERIM) + RawServer.ok("x"))) {
            assertSucceeds(CallPlans.to(server.url("/")));
            assertSucceeds(CallPlans.to(server.url("/")));
        }
    }

    @Test
    void whatFollowsACompleteResponseReachesNoOtherCall() throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.read();
            peer.write(RawServer.ok("first") + RawServer.ok("smuggled"));
            while (peer.read() != null) {
                peer.write(RawServer.ok("second"));
            }
        })) {
            assertThat(assertSucceeds(CallPlans.to(server.url("/"))).response().body())
                    .asString()
                    .isEqualTo("first");
            CallOutcome second = UPSTREAMS.call(CallPlans.to(server.url("/")));
            if (second instanceof CallOutcome.Succeeded succeeded) {
                assertThat(succeeded.response().body()).asString().isNotEqualTo("smuggled");
            }
        }
    }

    @Test
    void aRefusedConnectionIsNotSent() throws Exception {
        int port;
        try (var unused = new ServerSocket(0)) {
            port = unused.getLocalPort();
        }
        assertThat(UPSTREAMS.call(CallPlans.to("http://127.0.0.1:" + port + "/")))
                .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                    assertThat(failed.type()).isEqualTo(FailureType.CONNECT_FAILED);
                    assertThat(failed.trace().sent()).isFalse();
                    assertThat(failed.trace().attempts()).isEqualTo(1);
                    assertThat(failed.detail()).doesNotContain("127.0.0.1");
                });
    }

    @Test
    void anUnknownNameIsNotSent() {
        assertThat(UPSTREAMS.call(CallPlans.to("http://nowhere.example/")))
                .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                    assertThat(failed.type()).isEqualTo(FailureType.DNS_FAILED);
                    assertThat(failed.trace().sent()).isFalse();
                });
    }

    @Test
    void plainTextInsteadOfTlsIsATlsFailure() throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            peer.hold();
        })) {
            assertThat(UPSTREAMS.call(CallPlans.to("https://127.0.0.1:" + server.port() + "/")))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.TLS_FAILED);
                        assertThat(failed.trace().sent()).isFalse();
                    });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "POST"})
    void aResetRequestIsNotRepeated(String method) throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.read();
            if (peer.number() == 1) {
                peer.write(RawServer.ok("warm"));
                peer.read();
            }
            peer.reset();
        })) {
            assertSucceeds(CallPlans.to(server.url("/warm")));
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/")).method(method)))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(FailureType.CONNECTION_RESET);
                        assertThat(failed.trace().attempts()).isEqualTo(1);
                    });
            assertThat(server.received()).isEqualTo(2);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aTimeoutTellsThePhaseAndClosesTheConnection() throws Exception {
        try (var server = RawServer.silent()) {
            var timedOut = timeOut(server.url("/"), Phase.RESPONSE, server);
            assertThat(timedOut.trace().sent()).isTrue();
        }
        try (var server = RawServer.serving(peer -> {
            peer.read();
            peer.write("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n12345");
            peer.hold();
        })) {
            timeOut(server.url("/"), Phase.BODY, server);
        }
        try (var server = RawServer.serving(RawServer.Peer::hold)) {
            timeOut("https://127.0.0.1:" + server.port() + "/", Phase.CONNECT, server);
        }
    }

    private static CallOutcome.TimedOut timeOut(String url, Phase phase, RawServer server) throws Exception {
        CallPlan plan =
                CallPlans.to(url).budget(Duration.ofSeconds(5), Layer.REQUEST).build();
        LiveCall live = UPSTREAMS.live(plan);
        CompletableFuture<@Nullable CallOutcome> outcome =
                UPSTREAMS.make(plan, live).toFuture();
        await().atMost(BOUND).until(() -> Upstreams.phase(live) == phase && server.accepted() > 0);
        if (phase == Phase.RESPONSE) {
            server.request();
        }
        live.expire(live.deadline());

        assertThat(outcome).isDone();
        var timedOut = (CallOutcome.TimedOut) Objects.requireNonNull(outcome.get());
        assertThat(timedOut.phase()).isEqualTo(phase);
        assertThat(timedOut.passed()).isEqualTo(live.deadline());
        await().atMost(BOUND).until(() -> server.open() == 0);
        return timedOut;
    }

    @Test
    void aCancelledCallClosesItsConnection() throws Exception {
        try (var server = RawServer.silent()) {
            CallPlan plan = CallPlans.to(server.url("/")).build();
            var subscription = UPSTREAMS.make(plan, UPSTREAMS.live(plan)).subscribe();
            server.request();
            subscription.dispose();
            await().atMost(BOUND).until(() -> server.open() == 0);
        }
    }

    @Test
    void aCallThatWasGivenUpBeforeItsConnectionWasThereSendsNothingAndKeepsNoPlaceInThePool() throws Exception {
        try (var server = RawServer.answering(RawServer.ok("x"));
                var upstreams = Upstreams.with().maxConnections(1).open()) {
            for (int i = 0; i < 3; i++) {
                CallPlan plan = CallPlans.to(server.url("/given-up")).build();
                LiveCall live = upstreams.live(plan);
                live.expire(live.deadline());
                CallOutcome outcome =
                        Objects.requireNonNull(upstreams.make(plan, live).block(BOUND));
                assertThat(outcome.trace().sent()).isFalse();
            }
            assertThat(upstreams.call(CallPlans.to(server.url("/wanted")))).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(server.received()).isEqualTo(1);
        }
    }

    private static void assertFails(FailureType type, RawServer.Script script) throws Exception {
        try (var server = RawServer.serving(script)) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/"))))
                    .isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                        assertThat(failed.type()).isEqualTo(type);
                        assertThat(failed.response()).isNull();
                        assertThat(failed.trace().sent()).isTrue();
                        assertThat(failed.trace().attempts()).isEqualTo(1);
                    });
            assertThat(server.received()).isEqualTo(1);
            await().atMost(BOUND).until(() -> server.open() == 0);
        }
    }

    private static CallOutcome.Succeeded assertSucceeds(CallPlans call) {
        CallOutcome outcome = UPSTREAMS.call(call);
        assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
        return (CallOutcome.Succeeded) outcome;
    }
}
