package dev.muster.observability;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.boot.context.logging.LoggingApplicationListener;
import org.springframework.context.ApplicationListener;
import org.springframework.core.Ordered;

/// Puts a [BoundedAppender] before every appender that there is, whatever configured it: an appender may block, and an
/// event loop must not.
final class BoundedLog implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {

    /// After Spring Boot has configured the log.
    @Override
    public int getOrder() {
        return LoggingApplicationListener.DEFAULT_ORDER + 1;
    }

    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent prepared) {
        loggers().forEach(BoundedLog::bound);
    }

    private static void bound(Logger logger) {
        for (Appender<ILoggingEvent> appender : appenders(logger)) {
            if (!(appender instanceof BoundedAppender)) {
                var bounded = new BoundedAppender(appender);
                bounded.start();
                logger.addAppender(bounded);
                logger.detachAppender(appender);
            }
        }
    }

    /// How many lines were not written, by all appenders together.
    static long dropped() {
        return loggers()
                .flatMap(logger -> appenders(logger).stream())
                .filter(BoundedAppender.class::isInstance)
                .mapToLong(appender -> ((BoundedAppender) appender).dropped())
                .sum();
    }

    private static Stream<Logger> loggers() {
        return ((LoggerContext) LoggerFactory.getILoggerFactory()).getLoggerList().stream();
    }

    private static List<Appender<ILoggingEvent>> appenders(Logger logger) {
        var appenders = new ArrayList<Appender<ILoggingEvent>>();
        logger.iteratorForAppenders().forEachRemaining(appenders::add);
        return appenders;
    }
}
