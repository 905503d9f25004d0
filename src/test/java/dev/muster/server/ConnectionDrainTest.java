package dev.muster.server;

import static dev.muster.server.ClientFacing.get;
import static dev.muster.server.ClientFacing.isRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ConnectionDrainTest {

    @AutoClose
    private final ClientFacing server = new ClientFacing();

    @Test
    void aRequestThatWasSentWhenTheServerNoLongerListensIsAnswered() throws Exception {
        try (var client = server.connect()) {
            assertThat(get(client)).doesNotContain("connection: close");
            var dry = stopListening();

            assertThat(get(client)).contains("connection: close");
            assertThat(client.rest()).isEmpty();
            assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void aConnectionThatIsNotUsedIsClosedAfterTheLull() throws Exception {
        try (var client = server.connect()) {
            get(client);
            var dry = stopListening();
            assertThat(dry).isNotDone();

            server.passLullsUntil(dry);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void anAnswerUnderWayEndsHoweverManyLullsPass() throws Exception {
        try (var client = server.connect();
                var idle = server.connect()) {
            client.get("/hold");
            client.readUntil("\r\n1\r\na\r\n");
            var dry = stopListening();
            var idleClosed = CompletableFuture.supplyAsync(idle::rest);
            server.passLullsUntil(idleClosed);
            server.passLull();
            assertThat(dry).isNotDone();

            server.release();
            client.readUntil("1\r\nb\r\n0\r\n\r\n");
            server.passLullsUntil(dry);
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void connectionsAreKeptAliveAgainAfterARestart() throws Exception {
        var dry = stopListening();
        assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        server.restart();

        try (var client = server.connect()) {
            assertThat(get(client)).doesNotContain("connection: close");
            assertThat(get(client)).doesNotContain("connection: close");
        }
    }

    private CompletableFuture<?> stopListening() {
        server.drain().closeWhenAnswered();
        int port = server.port();
        var dry = server.drain().runDry().toFuture();
        await().pollDelay(Duration.ZERO).until(() -> isRefused(port));
        return dry;
    }
}
