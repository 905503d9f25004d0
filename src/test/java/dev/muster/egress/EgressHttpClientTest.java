package dev.muster.egress;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.netty.http.client.HttpClient;
import reactor.netty.resources.ConnectionProvider;

/// The client as it is, against a socket that listens, asked in the socket's own words whether anybody came. The
/// resolver is the most hostile there is: whatever the name, its address is loopback.
class EgressHttpClientTest {

    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final Duration BOUND = Duration.ofSeconds(10);

    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = listening();
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.0.0.1.",
                "127.0.0.01",
                "127.1",
                "127.1.",
                "0177.0.0.1",
                "0x7f.0.0.1",
                "0x7f000001",
                "0X7F000001",
                "2130706433",
                "017700000001",
                "0.0.0.0",
                "0",
                "[::1]",
                "[::]",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::FFFF:7F00:0001]",
                "[0:0:0:0:0:ffff:127.0.0.1]",
                "[::127.0.0.1]",
                "[::7f00:1]",
                "[::ffff:0:7f00:1]",
                "[64:ff9b::7f00:1]",
                "[64:ff9b:1::7f00:1]",
                "[2002:7f00:1::1]",
                "[fe80::1%25lo]",
                "[::1%251]",
                "localhost",
                "LOCALHOST",
                "localhost.",
                "a.localhost",
                "rebound.example",
                "user@rebound.example",
                "user:secret@127.0.0.1",
                "a@b@127.0.0.1",
                "foo bar",
                "127.0.0.%31",
                "127。0。0。1",
                "１２７.0.0.1",
                "①②⑦.⓪.⓪.①",
                "ⓛocalhost",
                "loc\u212Alhost"
            })
    void noConnectionIsMadeWhenTheHostIsNotAllowed(String host) throws IOException {
        Throwable failure = catchThrowable(() -> client(policy(List.of(), Set.of()))
                .get()
                .uri("http://" + host + ":" + server.getLocalPort() + "/")
                .response()
                .block(BOUND));

        assertThat(Exceptions.unwrap(failure)).isInstanceOf(EgressDeniedException.class);
        assertNobodyCame(server);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "rebound.example"})
    void theConnectionIsMadeWhenTheAddressIsAllowed(String host) throws Exception {
        var response = client(policy(List.of("127.0.0.0/8"), Set.of()))
                .get()
                .uri(URI.create("http://" + host + ":" + server.getLocalPort() + "/"))
                .response()
                .toFuture();

        answer(server, "HTTP/1.1 204 No Content\r\n\r\n");
        assertThat(response.get(BOUND.toSeconds(), TimeUnit.SECONDS).status().code())
                .isEqualTo(204);
    }

    @Test
    void aRedirectFromATrustedAuthorityIsJudgedAnew() throws Exception {
        EgressPolicy policy = policy(List.of(), Set.of(Authority.of("pricing", server.getLocalPort())));
        try (ServerSocket inside = listening()) {
            var response = client(policy)
                    .followRedirect(true)
                    .get()
                    .uri(URI.create("http://pricing:" + server.getLocalPort() + "/"))
                    .response()
                    .toFuture();

            answer(
                    server,
                    "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: http://pricing:" + inside.getLocalPort()
                            + "/\r\n\r\n");
            assertThat(response)
                    .failsWithin(BOUND)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(EgressDeniedException.class);
            assertNobodyCame(inside);
        }
    }

    private static HttpClient client(EgressPolicy policy) {
        return HttpClient.create(ConnectionProvider.newConnection())
                .resolver(new EgressAddressResolverGroup(policy, new ScriptedResolverGroup(host -> List.of(LOOPBACK))))
                .disableRetry(true);
    }

    private static EgressPolicy policy(List<String> allow, Set<Authority> trusted) {
        return new EgressPolicy(new EgressProperties(allow, List.of(), List.of("*")), trusted, new OwnPorts());
    }

    private static ServerSocket listening() throws IOException {
        ServerSocket server = new ServerSocket(0, 50, LOOPBACK);
        server.setSoTimeout((int) BOUND.toMillis());
        return server;
    }

    private static void answer(ServerSocket server, String response) throws IOException {
        try (Socket socket = server.accept()) {
            assertThat(socket.getInputStream().read()).isEqualTo('G');
            socket.getOutputStream().write(response.getBytes(US_ASCII));
        }
    }

    // Connections are accepted in the order they came: if the first is ours, there was none before.
    private static void assertNobodyCame(ServerSocket server) throws IOException {
        try (Socket probe = new Socket(LOOPBACK, server.getLocalPort());
                Socket first = server.accept()) {
            assertThat(first.getPort()).isEqualTo(probe.getLocalPort());
        }
    }
}
