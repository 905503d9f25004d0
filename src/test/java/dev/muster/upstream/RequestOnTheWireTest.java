package dev.muster.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.call.CallPlans;
import dev.muster.call.NoLeaks;
import dev.muster.call.RawServer;
import dev.muster.call.Upstreams;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.Layer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What an upstream gets to see of a call.
@ExtendWith(NoLeaks.class)
class RequestOnTheWireTest {

    private static final Upstreams UPSTREAMS = Upstreams.open();

    private final RawServer server = RawServer.answering(RawServer.ok("x"));

    @AfterEach
    void closeServer() throws Exception {
        server.close();
    }

    @AfterAll
    static void close() {
        UPSTREAMS.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/a/b?c=d&e=f",
                "/a%2Fb",
                "/a%2fb",
                "/%E2%82%AC",
                "/a%20b?q=c%20d+e",
                "/a//b",
                "/a;v=1/b",
                "/%7Bid%7D?b=%7Bc%7D",
                "/a?",
                "/a?b?c",
                "/a:b@c,d!$'()*",
                "/a/../b",
                "/%2e%2e/b"
            })
    void aPathStaysAsItIs(String path) throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url(path)));
        assertThat(server.request().target()).isEqualTo(path);
    }

    @Test
    void anEmptyPathIsASlash() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("")));
        assertThat(server.request().target()).isEqualTo("/");
        UPSTREAMS.call(CallPlans.to(server.url("?a=b")));
        assertThat(server.request().target()).isEqualTo("/?a=b");
    }

    @Test
    void aFragmentIsNotSent() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("/a?b#c")));
        assertThat(server.request().target()).isEqualTo("/a?b");
    }

    @Test
    void theHostIsLowerCased() throws Exception {
        UPSTREAMS.call(CallPlans.to("http://UpStream.TEST:" + server.port() + "/"));
        assertThat(server.request().header("host")).containsExactly("upstream.test:" + server.port());
    }

    @Test
    void aGetHasTheHeadersOfTheCallAndFewOfMustersOwn() throws Exception {
        UPSTREAMS.call(
                CallPlans.to(server.url("/")).header("x-tenant", "a", "b").header("accept", "text/plain"));

        RawServer.Request request = server.request();
        assertThat(request.line()).isEqualTo("GET / HTTP/1.1");
        assertThat(request.header("x-tenant")).containsExactly("a", "b");
        assertThat(request.header("accept")).containsExactly("text/plain");
        assertThat(request.header("user-agent")).containsExactly("muster");
        assertThat(request.header("accept-encoding")).containsExactly("gzip");
        assertThat(request.header("content-length")).isEmpty();
        assertThat(request.header("content-type")).isEmpty();
        assertThat(request.header("transfer-encoding")).isEmpty();
        assertThat(request.header("connection")).isEmpty();
    }

    @Test
    void theCallersOwnHeadersWin() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("/"))
                .header("accept-encoding", "identity")
                .header("user-agent", "somebody"));

        RawServer.Request request = server.request();
        assertThat(request.header("accept-encoding")).containsExactly("identity");
        assertThat(request.header("user-agent")).containsExactly("somebody");
    }

    @Test
    void acceptIsNotMadeUpBeyondAnything() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("/")));
        assertThat(server.request().header("accept")).isSubsetOf("*/*");
    }

    @Test
    void theServiceMayTurnCompressionOff() throws Exception {
        try (var uncompressed = Upstreams.with().compression(false).open()) {
            uncompressed.call(CallPlans.to(server.url("/")).service(uncompressed.service()));
            assertThat(server.request().header("accept-encoding")).isEmpty();
        }
    }

    @Test
    void theDeadlineTravelsAsTheMillisecondsLeft() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("/")).budget(Duration.ofSeconds(5), Layer.REQUEST));
        assertThat(millisLeft()).isBetween(1L, 5_000L);
        // the batch's deadline is a minute away
        UPSTREAMS.call(CallPlans.to(server.url("/")).budget(Duration.ofHours(1), Layer.REQUEST));
        assertThat(millisLeft()).isBetween(10_000L, 60_000L);
        UPSTREAMS.call(CallPlans.to(server.url("/"))
                .header("x-deadline-ms", "99999999")
                .budget(Duration.ofNanos(1), Layer.REQUEST));
        assertThat(millisLeft()).isEqualTo(1);
    }

    private long millisLeft() throws Exception {
        List<String> values = server.request().header("x-deadline-ms");
        assertThat(values).hasSize(1);
        return Long.parseLong(values.getFirst());
    }

    @ParameterizedTest
    @CsvSource({"GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND"})
    void aBodyIsFramedByItsLengthWhateverTheMethod(String method) throws Exception {
        UPSTREAMS.call(
                CallPlans.to(server.url("/")).method(method).body("{\"ä\":1}".getBytes(UTF_8), "application/json"));

        RawServer.Request request = server.request();
        assertThat(request.line()).isEqualTo(method + " / HTTP/1.1");
        assertThat(request.header("content-length")).containsExactly("8");
        assertThat(request.header("transfer-encoding")).isEmpty();
        assertThat(request.header("content-type")).containsExactly("application/json");
        assertThat(new String(request.body(), UTF_8)).isEqualTo("{\"ä\":1}");
    }

    @Test
    void theCallersContentTypeWins() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("/"))
                .method("POST")
                .header("content-type", "text/csv")
                .body(new byte[] {'a'}, "application/json"));
        assertThat(server.request().header("content-type")).containsExactly("text/csv");
    }

    @ParameterizedTest
    @CsvSource({"GET,", "HEAD,", "DELETE,", "OPTIONS,", "POST,0", "PUT,0", "PATCH,0"})
    void aCallWithoutBodyIsFramedAsSuch(String method, @Nullable String length) throws Exception {
        try (var bodiless = RawServer.answering("HTTP/1.1 204 No Content\r\n\r\n")) {
            for (int i = 0; i < 3; i++) {
                assertThat(UPSTREAMS.call(CallPlans.to(bodiless.url("/")).method(method)))
                        .isInstanceOf(CallOutcome.Succeeded.class);
                RawServer.Request request = bodiless.request();
                assertThat(request.line()).isEqualTo(method + " / HTTP/1.1");
                assertThat(request.header("transfer-encoding")).isEmpty();
                // RFC 9110, section 8.6: 0 where the method expects a body, nothing (or a harmless 0)
                // elsewhere
                if (length == null) {
                    assertThat(request.header("content-length")).isSubsetOf("0");
                } else {
                    assertThat(request.header("content-length")).containsExactly(length);
                }
            }
            assertThat(bodiless.accepted()).isEqualTo(1);
        }
    }

    @Test
    void anEmptyBodyIsABodyOfNoBytes() throws Exception {
        UPSTREAMS.call(CallPlans.to(server.url("/")).method("POST").body(new byte[0], "application/octet-stream"));
        assertThat(server.request().header("content-length")).containsExactly("0");
    }

    @Test
    void aLargeBodyArrivesWhole() throws Exception {
        byte[] body = new byte[3_000_000];
        Arrays.fill(body, (byte) 'a');
        UPSTREAMS.call(CallPlans.to(server.url("/")).method("PUT").body(body, "application/octet-stream"));
        assertThat(server.request().body()).isEqualTo(body);
    }
}
