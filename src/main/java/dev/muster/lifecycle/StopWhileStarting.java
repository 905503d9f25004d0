package dev.muster.lifecycle;

import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationListener;

/// Has a signal that comes during the start end it at once: nothing is there yet that could be drained. Spring would
/// finish the start first, and then stop what it has started.
public final class StopWhileStarting implements ApplicationListener<ApplicationStartedEvent>, AutoCloseable {

    /// What shells say of a process that SIGTERM has ended.
    private static final int ENDED_BY_SIGTERM = 128 + 15;

    private final Thread end = Thread.ofPlatform()
            .name("muster-stop")
            .unstarted(() -> Runtime.getRuntime().halt(ENDED_BY_SIGTERM));

    public StopWhileStarting() {
        Runtime.getRuntime().addShutdownHook(end);
    }

    @Override
    public void onApplicationEvent(ApplicationStartedEvent started) {
        close();
    }

    /// From here on a signal is for whoever drains.
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(end);
        } catch (IllegalStateException stopping) {
            // The process ends just now, as it should.
        }
    }
}
