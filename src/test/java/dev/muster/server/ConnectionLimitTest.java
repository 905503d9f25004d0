package dev.muster.server;

import static dev.muster.server.ClientFacing.MOST;
import static dev.muster.server.ClientFacing.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.acceptance.RawClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConnectionLimitTest {

    @AutoClose
    private final ClientFacing server = new ClientFacing();

    @Test
    void theConnectionThatHasBeenIdleForLongestIsClosedWhenThereAreTooMany() throws Exception {
        var clients = new ArrayList<RawClient>();
        try {
            for (int i = 0; i < MOST; i++) {
                clients.add(server.connect());
                get(clients.getLast());
            }
            get(clients.getFirst());

            for (int i = 1; i < MOST / 2; i++) {
                clients.add(server.connect());
                get(clients.getLast());
                assertThat(clients.get(i).rest()).isEmpty();
            }
            assertThat(get(clients.getFirst())).startsWith("HTTP/1.1 200 OK");
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void aConnectionThatNeverHadARequestIsClosedBeforeThoseThatHad() throws Exception {
        var clients = new ArrayList<RawClient>();
        try (var used = server.connect()) {
            get(used);
            for (int i = 1; i < MOST; i++) {
                clients.add(server.connect());
            }
            for (int i = 0; i < MOST / 2; i++) {
                clients.add(server.connect());
                assertThat(clients.get(i).rest()).isEmpty();
            }
            assertThat(get(used)).startsWith("HTTP/1.1 200 OK");
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void whereNoneIsIdleTheRequestThatHasBeenOnItsWayForLongestGoes() throws Exception {
        var clients = new ArrayList<RawClient>();
        try (var answered = server.connect()) {
            answered.get("/hold");
            answered.readUntil("\r\na\r\n");
            for (int i = 1; i < MOST; i++) {
                clients.add(server.connect());
                clients.getLast().send("POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx");
                clients.getLast().readUntil("\r\na\r\n");
            }
            RawClient whole = clients.getLast();
            whole.send("x");

            for (int i = 0; i < MOST - 2; i++) {
                clients.add(server.connect());
                clients.getLast().get("/hold");
                clients.get(i).rest();
                clients.getLast().readUntil("\r\na\r\n");
            }
            server.release();
            answered.readUntil("\r\n0\r\n\r\n");
            whole.readUntil("\r\n0\r\n\r\n");
        } finally {
            closeAll(clients);
        }
    }

    @Test
    void aNewConnectionIsClosedAtOnceWhenAllAreInUse() throws Exception {
        var clients = new ArrayList<RawClient>();
        try {
            for (int i = 0; i < MOST; i++) {
                clients.add(server.connect());
                clients.getLast().get("/hold");
                clients.getLast().readUntil("\r\na\r\n");
            }
            try (var another = server.connect()) {
                assertThat(another.rest()).isEmpty();
            }
            server.release();
            clients.getLast().readUntil("\r\n0\r\n\r\n");
            try (var another = server.connect()) {
                assertThat(get(another)).startsWith("HTTP/1.1 200 OK");
            }
        } finally {
            closeAll(clients);
        }
    }

    private static void closeAll(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }
}
