package dev.muster.observability;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// Writes lines of the log by a thread of its own, in order. Those that it does not keep up with are dropped, and
/// counted: nobody who logs ever waits for whoever reads.
///
/// Logback's own `AsyncAppender` drops as well, but tells nobody how much.
final class BoundedAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {

    private static final int MOST_WAITING = 2_048;
    /// Wakes a writer that waits for a line.
    private static final ILoggingEvent NONE = new LoggingEvent();
    private static final long MOST_MILLIS_TO_CLOSE = TimeUnit.SECONDS.toMillis(2);

    private final Appender<ILoggingEvent> target;
    private final BlockingQueue<ILoggingEvent> waiting = new ArrayBlockingQueue<>(MOST_WAITING);
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer =
            Thread.ofPlatform().daemon().name("muster-log").unstarted(this::write);

    /// @param target is started, and stopped with this
    BoundedAppender(Appender<ILoggingEvent> target) {
        this.target = target;
        setName(target.getName());
        setContext(target.getContext());
    }

    /// How many lines were not written.
    long dropped() {
        return dropped.get();
    }

    @Override
    public void start() {
        super.start();
        writer.start();
    }

    @Override
    protected void append(ILoggingEvent line) {
        // Message, thread and logging context as they are here.
        line.prepareForDeferredProcessing();
        if (!waiting.offer(line)) {
            dropped.incrementAndGet();
        }
    }

    private void write() {
        try {
            while (isStarted()) {
                write(waiting.take());
            }
        } catch (InterruptedException unexpected) {
            Thread.currentThread().interrupt();
        }
        for (ILoggingEvent line = waiting.poll(); line != null; line = waiting.poll()) {
            write(line);
        }
    }

    private void write(ILoggingEvent line) {
        if (line != NONE) {
            target.doAppend(line);
        }
    }

    /// Writes what waits, unless nobody takes it.
    @Override
    public void stop() {
        if (!isStarted()) {
            return;
        }
        super.stop();
        // An interrupt would close the file that is written to.
        var _ = waiting.offer(NONE);
        try {
            writer.join(MOST_MILLIS_TO_CLOSE);
        } catch (InterruptedException inAHurry) {
            Thread.currentThread().interrupt();
        }
        // It takes the target's lock, which a writer holds that nobody reads from.
        if (!writer.isAlive()) {
            target.stop();
        }
    }
}
