package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.Disposable;
import reactor.core.publisher.Hooks;

/// Exchanges that fail just as their call is given up.
@Timeout(30)
@ExtendWith(NoLeaks.class)
class LateFailuresTest {

    private static final int CALLS = 3_000;

    private final List<Throwable> dropped = new CopyOnWriteArrayList<>();

    @BeforeEach
    void noteWhatIsDropped() {
        Hooks.onErrorDropped(dropped::add);
    }

    @AfterEach
    void noteNothing() {
        Hooks.resetOnErrorDropped();
    }

    @Test
    void aRefusedConnectionIsNobodysError() throws Exception {
        try (var refusing = new Socket();
                var upstreams = Upstreams.open()) {
            // Bound, and nobody listens: nobody else is given the port either.
            refusing.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0));
            CallPlan plan = CallPlans.to("http://127.0.0.1:%d/".formatted(refusing.getLocalPort()))
                    .build();
            int spins = 1_000;
            for (int i = 0; i < CALLS; i++) {
                var outcome = new AtomicReference<@Nullable CallOutcome>();
                Disposable call = upstreams.make(plan, upstreams.live(plan)).subscribe(outcome::set);
                for (int spin = 0; spin < spins; spin++) {
                    Thread.onSpinWait();
                }
                call.dispose();
                // Keeps to where it is a close race.
                spins = Math.max(0, spins + (outcome.get() == null ? 20 : -20));
            }

            assertThat(dropped).isEmpty();
        }
    }
}
