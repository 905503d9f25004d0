package dev.muster.upstream;

import dev.muster.outcome.Phase;
import dev.muster.plan.Deadline;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/// What an exchange belongs to: says what holds for it, and follows it through its phases.
///
/// The event loop of the exchange's connection tells it of a change.
public interface ExchangeContext {

    /// When it is to be over.
    Deadline deadline();

    /// What its response is paid from.
    ByteBudget bytes();

    /// Headers that its request carries, whatever else it has under these names.
    Map<String, String> carried();

    Phase phase();

    /// Notes that the request is made once more, for itself and not as a part of the same try.
    void repeated();

    /// Notes that it waits for a connection.
    void acquiring();

    /// Notes that a connection is being opened for it.
    void connecting();

    /// Notes that bytes are about to leave, on a connection of that event loop.
    ///
    /// @return `false` if they must not, because the exchange is not wanted any more
    boolean sending(ScheduledExecutorService loop);

    /// Takes the latest [#sending] back: not a byte of that request has left.
    void nothingSent();

    /// Notes that the head of the response is there.
    void receiving();

    /// Runs `task` when the connection is back in its pool. The end of a response is seen a little earlier, in the
    /// same task of the event loop: whoever then starts another call would open another connection for it.
    void afterRelease(Runnable task);

    /// What `next` makes, another exchange of the same try, once the connection of the one before is back in its pool.
    default <T> Mono<T> onceReleased(Supplier<Mono<T>> next) {
        return Mono.<Void>create(released -> afterRelease(released::success)).then(Mono.defer(next));
    }
}
