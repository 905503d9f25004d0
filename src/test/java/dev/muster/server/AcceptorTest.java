package dev.muster.server;

import static dev.muster.server.ClientFacing.get;
import static dev.muster.server.ClientFacing.isRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AcceptorTest {

    @AutoClose
    private final ClientFacing server = new ClientFacing();

    @Test
    void whoeverConnectsLastIsAnswered() throws Exception {
        server.drain().closeWhenAnswered();
        var dry = server.drain().runDry().toFuture();
        try (var last = server.connect()) {
            await().pollDelay(Duration.ZERO).until(() -> isRefused(server.port()));

            assertThat(get(last)).contains("connection: close");
            assertThat(last.rest()).isEmpty();
            assertThat(dry).succeedsWithin(Duration.ofSeconds(10));
        }
    }

    @Test
    void thePortIsClosedAfterTheLullWhenNobodyConnects() {
        server.drain().closeWhenAnswered();
        var dry = server.drain().runDry().toFuture();
        assertThat(dry).isNotDone();

        server.passLullsUntil(dry);
    }
}
