package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/// Fails a test class that leaves a buffer unreleased. The detector's level is the build's: paranoid, every buffer.
public final class NoLeaks implements BeforeAllCallback, AfterAllCallback {

    private static final int ROUNDS = 3;
    private static final int BOUND_MILLIS = 10_000;

    private final ListAppender<ILoggingEvent> reports = new ListAppender<>();

    @Override
    public void beforeAll(ExtensionContext context) {
        assertThat(ResourceLeakDetector.getLevel()).isEqualTo(ResourceLeakDetector.Level.PARANOID);
        reports.start();
        detector().addAppender(reports);
    }

    @Override
    public void afterAll(ExtensionContext context) throws InterruptedException {
        for (int round = 0; round < ROUNDS; round++) {
            collectGarbage();
            // The detector reports what it has found when the next buffer is tracked.
            ByteBufAllocator.DEFAULT.directBuffer(1).release();
        }
        detector().detachAppender(reports);
        assertThat(reports.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .filteredOn(message -> message.contains("LEAK"))
                .isEmpty();
    }

    /// Returns once a collection has run and its references are queued.
    private static void collectGarbage() throws InterruptedException {
        var queue = new ReferenceQueue<Object>();
        var canary = new PhantomReference<>(new Object(), queue);
        System.gc();
        Reference<?> collected = queue.remove(BOUND_MILLIS);
        assertThat(collected).isSameAs(canary);
    }

    private static Logger detector() {
        return (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
    }
}
