package dev.muster;

import dev.muster.fanout.Fanout;
import java.time.Duration;
import org.springframework.context.SmartLifecycle;

/// Lets accepted batches finish before the web server stops.
///
/// While it drains, the server still answers: a new batch is refused as `overloaded`, which tells its caller to go to
/// another instance.
final class DrainOnStop implements SmartLifecycle {

    /// Before the web server begins its own graceful stop, in which it takes no new connections.
    private static final int PHASE = DEFAULT_PHASE - 512;

    private final Fanout fanout;
    private final Duration grace;
    private volatile boolean running;

    /// @param grace how long running batches may take before they are cancelled
    DrainOnStop(Fanout fanout, Duration grace) {
        this.fanout = fanout;
        this.grace = grace;
    }

    @Override
    public void start() {
        fanout.reopen();
        running = true;
    }

    @Override
    public void stop(Runnable callback) {
        fanout.drain(grace)
                .doFinally(_ -> {
                    running = false;
                    callback.run();
                })
                .subscribe();
    }

    @Override
    public void stop() {
        fanout.drain(grace).block();
        running = false;
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
