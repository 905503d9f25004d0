package dev.muster.call;

import dev.muster.plan.NanoClock;
import dev.muster.resilience.Health;
import dev.muster.resilience.ServiceGuard;
import dev.muster.upstream.UpstreamClient;
import org.jspecify.annotations.Nullable;

/// Gives permits back, each with what its request says of the upstream.
final class Permits {

    private final UpstreamClient client;
    private final NanoClock clock;

    Permits(UpstreamClient client, NanoClock clock) {
        this.client = client;
        this.clock = clock;
    }

    /// Ends `attempt`, unless it has ended.
    ///
    /// @param guard  of the service of the call, where `attempt` began
    /// @param health what its last request says of the service that this went to
    void end(Attempt attempt, ServiceGuard guard, Health health) {
        if (attempt.hasEnded()) {
            return;
        }
        giveBack(attempt, attempt.end(), health);
        if (health == Health.WELL) {
            guard.answered(attempt.elapsedNanos());
        }
    }

    /// @param hop the request of `attempt` that is over, or `null` if there is none
    void giveBack(Attempt attempt, @Nullable Hop hop, Health health) {
        if (hop == null) {
            return;
        }
        long held = attempt.heldNanos() - hop.heldNanos();
        if (held > 0) {
            client.held(hop.service(), held);
        }
        long now = clock.nanos();
        hop.permit().end(health, now - hop.startedNanos(), now);
    }
}
