package dev.muster.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class RequestHeadsTest {

    @AutoClose
    private final ClientFacing server = new ClientFacing();

    @ParameterizedTest
    @ValueSource(ints = {101, 5_000})
    void aHeadWithMoreThanAHundredHeadersIsRefused(int number) throws Exception {
        try (var client = server.connect()) {
            client.send("GET / HTTP/1.1\r\n" + "aa:\r\n".repeat(number) + "\r\n");

            assertThat(client.rest()).startsWith("HTTP/1.1 431 ");
        }
    }

    @Test
    void aHeadWithAHundredHeadersIsRead() throws Exception {
        try (var client = server.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n" + "aa:\r\n".repeat(99) + "\r\n");

            assertThat(client.readUntil("\r\n0\r\n\r\n")).startsWith("HTTP/1.1 200 OK");
        }
    }
}
