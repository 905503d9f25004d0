package dev.muster.call;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.RejectionType;
import dev.muster.service.Protocol;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NoLeaks.class)
class RedirectsTest {

    private static final Upstreams UPSTREAMS = Upstreams.open();

    @AfterAll
    static void close() {
        UPSTREAMS.close();
    }

    /// Redirects `/from` with this status and location, and answers anything else.
    private static RawServer redirecting(int status, String location) {
        return RawServer.serving(peer -> {
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                peer.write(
                        request.target().startsWith("/from")
                                ? "HTTP/1.1 " + status + " x\r\ncontent-length: 2\r\nlocation: " + location
                                        + "\r\n\r\nno"
                                : RawServer.ok("there"));
            }
        });
    }

    @Test
    void aRedirectIsAResultWhenNoneIsToBeFollowed() throws Exception {
        try (var server = redirecting(302, "/to")) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/from"))))
                    .isInstanceOfSatisfying(CallOutcome.Succeeded.class, succeeded -> {
                        assertThat(succeeded.response().status()).isEqualTo(302);
                        assertThat(succeeded.trace().redirects()).isEmpty();
                    });
            assertThat(server.received()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "301, GET, GET, false",
        "302, GET, GET, false",
        "303, GET, GET, false",
        "307, GET, GET, false",
        "308, GET, GET, false",
        "301, HEAD, HEAD, false",
        "303, HEAD, HEAD, false",
        "301, POST, GET, false",
        "302, POST, GET, false",
        "303, POST, GET, false",
        "307, POST, POST, true",
        "308, POST, POST, true",
        "301, PUT, PUT, true",
        "302, PUT, PUT, true",
        "303, PUT, GET, false",
        "307, PUT, PUT, true",
        "303, DELETE, GET, false",
        "308, DELETE, DELETE, true"
    })
    void methodAndBodyChangeAsTheStatusSays(int status, String method, String then, boolean withBody) throws Exception {
        try (var server = RawServer.serving(peer -> {
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                boolean redirect = request.target().equals("/from");
                peer.write(
                        redirect
                                ? "HTTP/1.1 " + status + " x\r\ncontent-length: 0\r\nlocation: /to\r\n\r\n"
                                : "HTTP/1.1 204 No Content\r\n\r\n");
            }
        })) {
            var call = CallPlans.to(server.url("/from"))
                    .method(method)
                    .header("x-a", "b")
                    .redirects(1);
            boolean hasBody = !method.equals("GET") && !method.equals("HEAD");
            if (hasBody) {
                call.body("body".getBytes(US_ASCII), "text/plain").header("content-language", "en");
            }
            assertThat(UPSTREAMS.call(call)).isInstanceOfSatisfying(CallOutcome.Succeeded.class, succeeded -> {
                assertThat(succeeded.trace().redirects()).containsExactly(server.url("/to"));
                assertThat(succeeded.trace().attempts()).isEqualTo(1);
            });
            server.request();
            RawServer.Request followed = server.request();
            assertThat(followed.line()).isEqualTo(then + " /to HTTP/1.1");
            assertThat(followed.header("x-a")).containsExactly("b");
            assertThat(followed.body()).asString().isEqualTo(withBody ? "body" : "");
            assertThat(followed.header("content-type")).isEqualTo(withBody ? List.of("text/plain") : List.of());
            assertThat(followed.header("content-language")).isEqualTo(withBody ? List.of("en") : List.of());
            assertThat(followed.header("x-deadline-ms")).hasSize(1);
        }
    }

    @Test
    void credentialsStayWithTheirOrigin() throws Exception {
        try (var other = RawServer.answering(RawServer.ok("x"));
                var server = redirecting(307, other.url("/to"))) {
            follow(withCredentials(server.url("/from")));
            RawServer.Request followed = other.request();
            assertThat(followed.header("authorization")).isEmpty();
            assertThat(followed.header("cookie")).isEmpty();
            assertThat(followed.header("x-a")).containsExactly("b");
            assertThat(followed.header("host")).containsExactly("127.0.0.1:" + other.port());
        }
        // another name for the same machine is another origin
        try (var server = RawServer.serving(peer -> {
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                String port = request.header("host").getFirst().replaceFirst(".*:", "");
                peer.write(
                        request.target().equals("/from")
                                ? "HTTP/1.1 302 x\r\ncontent-length: 0\r\nlocation: http://other.test:" + port
                                        + "/to\r\n\r\n"
                                : RawServer.ok("x"));
            }
        })) {
            follow(withCredentials(server.url("/from")));
            server.request();
            assertThat(server.request().header("authorization")).isEmpty();
        }
    }

    @Test
    void credentialsGoAlongWithinTheirOrigin() throws Exception {
        try (var server = redirecting(302, "/to")) {
            follow(withCredentials(server.url("/from")));
            server.request();
            RawServer.Request followed = server.request();
            assertThat(followed.header("authorization")).containsExactly("Bearer secret");
            assertThat(followed.header("cookie")).containsExactly("a=b");
        }
    }

    private static CallPlans withCredentials(String url) {
        return CallPlans.to(url)
                .header("authorization", "Bearer secret")
                .header("cookie", "a=b")
                .header("x-a", "b");
    }

    @ParameterizedTest
    @CsvSource({
        "/from/a/b?c=d, /to, /to",
        "/from/a/b?c=d, to, /from/a/to",
        "/from/a/b?c=d, ../to?x, /from/to?x",
        "/from/a/b?c=d, ?x=y, /from/a/b?x=y",
        "/from/a/b, to/./here, /from/a/to/here",
        "/from/a, /to%2Fthere?q=%20, /to%2Fthere?q=%20"
    })
    void aRelativeLocationIsResolved(String from, String location, String to) throws Exception {
        try (var server = RawServer.serving(peer -> {
            boolean first = true;
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                peer.write(
                        first
                                ? "HTTP/1.1 302 x\r\ncontent-length: 0\r\nlocation: " + location + "\r\n\r\n"
                                : RawServer.ok("x"));
                first = false;
            }
        })) {
            follow(CallPlans.to(server.url(from)));
            server.request();
            assertThat(server.request().target()).isEqualTo(to);
        }
    }

    @Test
    void anAbsoluteLocationLosesItsDotSegmentsToo() throws Exception {
        try (var server = RawServer.serving(peer -> {
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                peer.write(
                        request.target().equals("/from")
                                ? "HTTP/1.1 302 x\r\ncontent-length: 0\r\nlocation: http://"
                                        + request.header("host").getFirst() + "/a/../b/./c\r\n\r\n"
                                : RawServer.ok("x"));
            }
        })) {
            follow(CallPlans.to(server.url("/from")));
            server.request();
            assertThat(server.request().target()).isEqualTo("/b/c");
        }
    }

    @Test
    void aRelativeLocationIsResolvedAgainstAUrlWithoutPath() throws Exception {
        try (var server = RawServer.serving(peer -> {
            peer.read();
            peer.write("HTTP/1.1 302 x\r\ncontent-length: 0\r\nlocation: to\r\n\r\n");
            peer.read();
            peer.write(RawServer.ok("x"));
        })) {
            follow(CallPlans.to(server.url("")));
            server.request();
            assertThat(server.request().target()).isEqualTo("/to");
        }
    }

    @Test
    void aHostMayHaveUnderscoresAlsoAfterARedirect() throws Exception {
        try (var other = RawServer.answering(RawServer.ok("x"));
                var server = redirecting(302, "http://my_other.test:" + other.port() + "/to?a")) {
            follow(withCredentials("http://my_service.test:" + server.port() + "/from"));
            assertThat(server.request().header("host")).containsExactly("my_service.test:" + server.port());
            RawServer.Request followed = other.request();
            assertThat(followed.target()).isEqualTo("/to?a");
            assertThat(followed.header("host")).containsExactly("my_other.test:" + other.port());
            assertThat(followed.header("authorization")).isEmpty();
        }
    }

    @Test
    void aNetworkPathKeepsTheScheme() throws Exception {
        try (var other = RawServer.answering(RawServer.ok("x"));
                var server = redirecting(302, "//127.0.0.1:" + other.port() + "/to")) {
            follow(CallPlans.to(server.url("/from")));
            assertThat(other.request().target()).isEqualTo("/to");
        }
    }

    @Test
    void asManyAreFollowedAsTheCallAllows() throws Exception {
        try (var server = RawServer.serving(peer -> {
            for (RawServer.Request request = peer.read(); request != null; request = peer.read()) {
                int number = Integer.parseInt(request.target().substring(1));
                peer.write(
                        number == 3
                                ? RawServer.ok("there")
                                : "HTTP/1.1 302 x\r\ncontent-length: 0\r\nlocation: /" + (number + 1) + "\r\n\r\n");
            }
        })) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/0")).redirects(3)))
                    .isInstanceOfSatisfying(
                            CallOutcome.Succeeded.class,
                            succeeded -> assertThat(succeeded.trace().redirects())
                                    .containsExactly(server.url("/1"), server.url("/2"), server.url("/3")));
            assertFails(CallPlans.to(server.url("/0")).redirects(2));
            assertThat(server.received()).isEqualTo(4 + 3);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    @Test
    void aLoopEndsAtTheLimit() throws Exception {
        try (var server = redirecting(302, "/from")) {
            assertFails(CallPlans.to(server.url("/from")).redirects(5));
            assertThat(server.received()).isEqualTo(6);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://127.0.0.1/",
                "file:///etc/passwd",
                "javascript:alert(1)",
                "http://user:secret@127.0.0.1/",
                "http://[::1",
                "http:///nowhere",
                "http://foo_bar.1/",
                "http://exa mple/",
                "g:h",
                "mailto:a@b"
            })
    void aLocationThatIsNoHttpUrlIsAProtocolError(String location) throws Exception {
        try (var server = redirecting(302, location)) {
            assertFails(CallPlans.to(server.url("/from")).redirects(5));
            assertThat(server.received()).isEqualTo(1);
        }
    }

    /// As the upstream writes them, byte for byte, and as they go out.
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /caf\u00c3\u00a9        | /caf%C3%A9
            /caf\u00e9               | /caf%E9
            /caf%C3%A9            | /caf%C3%A9
            /a b?c d              | /a%20b?c+d
            /a{b}^`|/a%7Bb%7D%5E%60
            /50%                  | /50%25
            %%%                   | /%25%25%25
            ../../echo            | /echo
            /../echo              | /echo
            ?only=query           | /from?only=query
            """)
    void aLocationGoesOutPercentEncodedOnce(String location, String target) throws Exception {
        try (var server = redirecting(302, location)) {
            UPSTREAMS.call(CallPlans.to(server.url("/from")).redirects(1));
            server.request();
            assertThat(server.request().target()).isEqualTo(target);
        }
    }

    /// RFC 3986 takes it for the URL itself. It is a hop like any other, so that it ends at the limit.
    @Test
    void anEmptyLocationIsTheUrlItself() throws Exception {
        try (var server = redirecting(302, "")) {
            assertFails(CallPlans.to(server.url("/from?a")).redirects(2));
            assertThat(server.received()).isEqualTo(3);
            assertThat(server.request().target()).isEqualTo("/from?a");
            assertThat(server.request().target()).isEqualTo("/from?a");
        }
    }

    @Test
    void userInformationInALocationIsNamedAsTheReason() throws Exception {
        try (var server = redirecting(302, "http://user:secret@127.0.0.1/")) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/from")).redirects(1)))
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed ->
                                    assertThat(failed.detail()).isEqualTo("redirected to a URL with user information"));
        }
    }

    @Test
    void aRedirectWithoutLocationIsAResult() throws Exception {
        try (var server = RawServer.answering("HTTP/1.1 302 x\r\ncontent-length: 0\r\n\r\n")) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/from")).redirects(5)))
                    .isInstanceOf(CallOutcome.Succeeded.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {300, 304, 305, 306})
    void otherStatusesOfItsClassAreNotFollowed(int status) throws Exception {
        try (var server =
                RawServer.answering("HTTP/1.1 " + status + " x\r\ncontent-length: 0\r\nlocation: /to\r\n\r\n")) {
            assertThat(UPSTREAMS.call(CallPlans.to(server.url("/from")).redirects(5)))
                    .isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(server.received()).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "inside.test"})
    void aRedirectToWhereNoCallMayGoIsDeniedAndNothingIsConnected(String host) throws Exception {
        try (var inside = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
                var server = redirecting(302, "http://" + host + ":" + inside.getLocalPort() + "/");
                var upstreams =
                        Upstreams.with().trustOnly("public.test", server.port()).open()) {
            var call = CallPlans.to("http://public.test:" + server.port() + "/from")
                    .service(upstreams.service())
                    .redirects(5);
            assertThat(upstreams.call(call)).isInstanceOfSatisfying(CallOutcome.Rejected.class, rejected -> {
                assertThat(rejected.type()).isEqualTo(RejectionType.EGRESS_DENIED);
                assertThat(rejected.trace().sent()).isTrue();
                assertThat(rejected.trace().redirects()).hasSize(1);
            });
            // Connections are accepted in the order they came: if the first is ours, there was none before.
            try (var probe = new Socket(inside.getInetAddress(), inside.getLocalPort());
                    var first = inside.accept()) {
                assertThat(first.getPort()).isEqualTo(probe.getLocalPort());
            }
        }
    }

    @Test
    void aRedirectWithinAServiceStaysWithItsPool() throws Exception {
        try (var server = redirecting(302, "/to");
                var upstreams = Upstreams.with()
                        .protocol(Protocol.H2C)
                        .service("legacy", URI.create(server.url("")), Protocol.HTTP1)
                        .open()) {
            var call = CallPlans.to(server.url("/from"))
                    .service(upstreams.service("legacy"))
                    .redirects(1);
            assertThat(upstreams.call(call)).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(server.accepted()).isEqualTo(1);
        }
    }

    private static void follow(CallPlans call) {
        CallOutcome outcome = Objects.requireNonNull(UPSTREAMS.call(call.redirects(1)));
        assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
    }

    private static void assertFails(CallPlans call) {
        assertThat(UPSTREAMS.call(call))
                .isInstanceOfSatisfying(
                        CallOutcome.Failed.class,
                        failed -> assertThat(failed.type()).isEqualTo(FailureType.PROTOCOL_ERROR));
    }
}
