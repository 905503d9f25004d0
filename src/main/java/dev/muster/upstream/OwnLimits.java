package dev.muster.upstream;

import dev.muster.plan.NanoClock;
import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.net.BindException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Recognises what this instance itself lacks, which counts against nobody's upstream, and tells it in the log.
final class OwnLimits {

    private static final Logger log = LoggerFactory.getLogger(OwnLimits.class);
    private static final long BETWEEN_LINES = TimeUnit.SECONDS.toNanos(1);

    static final String DESCRIPTORS = "no file descriptor is left for a connection";
    static final String ADDRESSES = "no local address or port is left for a connection";
    static final String MEMORY = "no memory is left for the call";
    static final String OTHER = "the instance could not carry the call out";

    private static final int ENOMEM = -12;
    private static final int ENFILE = -23;
    private static final int EMFILE = -24;
    private static final int EADDRNOTAVAIL = -99;
    private static final int ENOBUFS = -105;

    private final NanoClock clock;
    private final AtomicLong lastLine;
    private final LongAdder untold = new LongAdder();

    OwnLimits(NanoClock clock) {
        this.clock = clock;
        this.lastLine = new AtomicLong(clock.nanos() - BETWEEN_LINES);
    }

    /// What of this instance's own ended an exchange with `failure`, or `null` if it was something else.
    static @Nullable String lacking(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String lacking = lackingExactly(cause);
            if (lacking != null) {
                return lacking;
            }
        }
        return null;
    }

    private static @Nullable String lackingExactly(Throwable cause) {
        return switch (cause) {
            case OutOfMemoryError _ -> MEMORY;
            case Error _ -> OTHER;
            case Errors.NativeIoException io -> ofNumber(io.expectedErr());
            case BindException _ -> ADDRESSES;
            case IOException io -> ofMessage(io.getMessage());
            default -> null;
        };
    }

    /// By the numbers of Linux, which is where Netty's native transport gives numbers.
    private static @Nullable String ofNumber(int error) {
        return switch (error) {
            case EMFILE, ENFILE -> DESCRIPTORS;
            case EADDRNOTAVAIL -> ADDRESSES;
            case ENOBUFS, ENOMEM -> MEMORY;
            default -> null;
        };
    }

    /// The JDK has only words for the numbers.
    private static @Nullable String ofMessage(@Nullable String message) {
        if (message == null) {
            return null;
        }
        if (message.contains("Too many open files")) {
            return DESCRIPTORS;
        }
        if (message.contains("Cannot assign requested address")) {
            return ADDRESSES;
        }
        return message.contains("No buffer space available") || message.contains("Cannot allocate memory")
                ? MEMORY
                : null;
    }

    /// Says so in the log, in one line and at most once a second.
    void tell(String lacking, Throwable failure) {
        untold.increment();
        long last = lastLine.get();
        long now = clock.nanos();
        if (now - last >= BETWEEN_LINES && lastLine.compareAndSet(last, now)) {
            log.warn("{} ({}); {} calls since it was last told", lacking, described(failure), untold.sumThenReset());
        }
    }

    private static String described(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        StackTraceElement[] stack = cause.getStackTrace();
        return stack.length == 0 ? cause.toString() : cause + " at " + stack[0];
    }
}
