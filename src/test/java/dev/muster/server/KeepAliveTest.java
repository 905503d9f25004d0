package dev.muster.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class KeepAliveTest {

    @AutoClose
    private final ClientFacing server = new ClientFacing();

    /// Reactor Netty forgets it, sometimes, where the thread that answered the one before has yet to tell of it.
    @ParameterizedTest
    @ValueSource(
            strings = {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"})
    void theLastRequestOfAConnectionIsAnsweredHoweverSoonItFollows(String last) throws Exception {
        for (int i = 0; i < 500; i++) {
            try (var client = server.connect()) {
                client.get("/elsewhere");
                client.readUntil("\r\n\r\na");

                client.send(last);
                assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").contains("connection: close", "a", "b");
            }
        }
    }

    @Test
    void theLastOfPipelinedRequestsIsAnswered() throws Exception {
        try (var client = server.connect()) {
            client.send("""
                    GET /hold HTTP/1.1\r
                    Host: a\r
                    \r
                    GET / HTTP/1.1\r
                    Host: a\r
                    Connection: close\r
                    \r
                    """);
            assertThat(client.readUntil("\r\n1\r\na\r\n")).doesNotContain("connection: close");

            server.release();
            client.readUntil("1\r\nb\r\n0\r\n\r\n");
            assertThat(client.rest()).contains("connection: close").endsWith("1\r\na\r\n1\r\nb\r\n0\r\n\r\n");
        }
    }
}
