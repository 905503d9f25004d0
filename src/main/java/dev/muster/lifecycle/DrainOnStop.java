package dev.muster.lifecycle;

import dev.muster.fanout.Fanout;
import dev.muster.server.ConnectionDrain;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Lets accepted batches finish before the web server stops, and leaves it no connection to cut.
///
/// While it drains, the server still answers: a new batch is refused as `overloaded`, which tells its caller to go to
/// another instance.
public final class DrainOnStop implements SmartLifecycle {

    /// Before the web server begins its own graceful stop, in which it takes no new connections.
    private static final int PHASE = DEFAULT_PHASE - 512;

    /// What the answers of batches that are cancelled have to leave, and all others of clients that take their time.
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(1);

    private final Fanout fanout;
    private final ConnectionDrain connections;
    private final Duration grace;
    private final Scheduler timer;
    private volatile boolean running;

    /// @param grace how long running batches may take before they are cancelled
    public DrainOnStop(Fanout fanout, ConnectionDrain connections, Duration grace, Scheduler timer) {
        this.fanout = fanout;
        this.connections = connections;
        this.grace = grace;
        this.timer = timer;
    }

    @Override
    public void start() {
        connections.keepAlive();
        fanout.reopen();
        running = true;
    }

    @Override
    public void stop(Runnable callback) {
        drain().doFinally(_ -> {
                    running = false;
                    callback.run();
                })
                .subscribe();
    }

    @Override
    public void stop() {
        drain().block();
        running = false;
    }

    private Mono<Void> drain() {
        connections.closeWhenAnswered();
        return fanout.drain(grace)
                .then(connections.runDry())
                .timeout(grace.plus(LAST_ANSWERS), connections.closeAll(), timer);
    }

    /// A pause of the context leaves the web server as it is, which drains for its stop only.
    @Override
    public boolean isPauseable() {
        return false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
