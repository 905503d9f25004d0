package dev.muster.web;

import dev.muster.plan.NanoClock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.webflux.error.ErrorWebExceptionHandler;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.ErrorResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.DisconnectedClientHelper;
import reactor.core.publisher.Mono;

/// Answers with a problem whatever no route has an answer to, by any port.
///
/// What a client sends costs a line of the log at most, and only where Muster is at fault.
final class ProblemHandler implements ErrorWebExceptionHandler {

    private static final Logger log = LoggerFactory.getLogger(ProblemHandler.class);

    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);
    private static final long SHORTAGE_IS_LOGGED_EVERY = TimeUnit.SECONDS.toNanos(1);
    /// Nobody sees it but who counts the requests; it is the status that nginx has for them.
    private static final int CLIENT_LEFT = 499;

    private static final int MOST_CAUSES = 16;
    private static final int MOST_CHARACTERS = 200;

    private final NanoClock clock;
    private final AtomicLong nextLineAt;

    ProblemHandler(NanoClock clock) {
        this.clock = clock;
        this.nextLineAt = new AtomicLong(clock.nanos());
    }

    @Override
    public Mono<Void> handle(ServerWebExchange exchange, Throwable failure) {
        if (exchange.getResponse().isCommitted()) {
            return Mono.error(failure);
        }
        if (DisconnectedClientHelper.isClientDisconnectedException(failure)) {
            log.debug("A client left before {} had come whole: {}", describe(exchange.getRequest()), describe(failure));
            exchange.getResponse().setRawStatusCode(CLIENT_LEFT);
            return exchange.getResponse().setComplete();
        }
        if (failure instanceof ErrorResponse response) {
            exchange.getResponse().getHeaders().putAll(response.getHeaders());
        }
        return ProblemWriter.write(exchange, problem(exchange.getRequest(), failure));
    }

    private Problem problem(ServerHttpRequest request, Throwable failure) {
        OutOfMemoryError shortage = shortage(failure);
        if (shortage != null) {
            logShortage(request, shortage);
            return Problem.overloaded("there is not enough memory for this request now", RETRY_AFTER);
        }
        HttpStatus status = failure instanceof ErrorResponse response
                ? HttpStatus.resolve(response.getStatusCode().value())
                : null;
        if (status == null || status.is5xxServerError()) {
            log.error("No answer to {}: {}", describe(request), describe(failure));
            log.debug("No answer to {}", describe(request), failure);
        }
        return Problem.ofStatus(
                status == null ? HttpStatus.INTERNAL_SERVER_ERROR : status,
                failure instanceof ErrorResponse response ? response.getHeaders() : HttpHeaders.EMPTY);
    }

    /// Netty's memory, which is bounded by itself, too: it is full, and nothing is broken.
    private static @Nullable OutOfMemoryError shortage(Throwable failure) {
        return Stream.<@Nullable Throwable>iterate(failure, cause -> cause == null ? null : cause.getCause())
                .limit(MOST_CAUSES)
                .takeWhile(cause -> cause != null)
                .filter(OutOfMemoryError.class::isInstance)
                .map(OutOfMemoryError.class::cast)
                .findFirst()
                .orElse(null);
    }

    private void logShortage(ServerHttpRequest request, OutOfMemoryError shortage) {
        long now = clock.nanos();
        long next = nextLineAt.get();
        if (now - next >= 0 && nextLineAt.compareAndSet(next, now + SHORTAGE_IS_LOGGED_EVERY)) {
            log.warn("Not enough memory for {} and maybe more: {}", describe(request), describe(shortage));
        }
    }

    private static String describe(ServerHttpRequest request) {
        return line(request.getMethod() + " " + request.getPath().value());
    }

    private static String describe(Throwable failure) {
        StackTraceElement[] trace = failure.getStackTrace();
        return line(failure.toString()) + (trace.length == 0 ? "" : " at " + trace[0]);
    }

    /// A client may have had its part in the text.
    private static String line(String text) {
        String line = text.replaceAll("\\p{Cntrl}+", " ");
        return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "…";
    }
}
