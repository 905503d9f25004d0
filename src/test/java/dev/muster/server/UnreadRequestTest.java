package dev.muster.server;

import static dev.muster.server.ClientFacing.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class UnreadRequestTest {

    @AutoClose
    private final ClientFacing server = new ClientFacing();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 100000000",
                "Transfer-Encoding: chunked",
                "Content-Length: 10\r\nExpect: 100-continue"
            })
    void aConnectionEndsWhenMoreIsToComeOfARequestThatIsAnswered(String length) throws Exception {
        for (String method : List.of("POST", "GET")) {
            try (var client = server.connect()) {
                client.send("%s /elsewhere HTTP/1.1\r\nHost: a\r\n%s\r\n\r\n".formatted(method, length));

                assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").contains("connection: close");
            }
        }
    }

    @Test
    void aClientThatGoesOnSendingARequestThatIsAnsweredIsCutOff() throws Exception {
        try (var client = server.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000000\r\n\r\n");
            String piece = "a".repeat(100_000);

            assertThatExceptionOfType(IOException.class).isThrownBy(() -> {
                for (int i = 0; i < 10_000; i++) {
                    client.send(piece);
                }
            });
        }
    }

    @Test
    void aClientThatSendsTheRestTooSlowlyIsCutOff() throws Exception {
        try (var client = server.connect()) {
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");

            assertThat(client.rest()).startsWith("HTTP/1.1 200 OK").doesNotContain("connection: close");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 1_000, 60_000})
    void aConnectionGoesOnWhenTheRestOfARequestIsLittleAndComes(int length) throws Exception {
        try (var client = server.connect()) {
            for (int i = 0; i < 3; i++) {
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n".formatted(length));
                assertThat(client.readUntil("\r\n0\r\n\r\n")).doesNotContain("connection: close");
                client.send("a".repeat(length));
            }
            assertThat(get(client)).startsWith("HTTP/1.1 200 OK");
        }
    }
}
