package dev.muster.call;

import dev.muster.plan.Deadline;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The live state of a call that has its slot: where it stands, and the switch that ends it when time is up.
///
/// Event loops write it and any thread reads it.
public final class LiveCall {

    private final Deadline deadline;
    private final long startedNanos;
    private final ByteBudget bytes;
    private final Sinks.One<UpstreamResponse> expiry = Sinks.one();
    private volatile Phase phase = Phase.ACQUIRE;
    private final AtomicInteger attempts = new AtomicInteger();
    private final AtomicReference<Wire> wire = new AtomicReference<>(Wire.UNTOUCHED);
    private volatile @Nullable EventLoop eventLoop;
    private volatile @Nullable List<String> redirects;

    /// Whether bytes have left. A call that was closed untouched stays so, which makes `sent` exact: whoever gives
    /// the call up and whoever sends it decide it between them in one step.
    private enum Wire {
        UNTOUCHED,
        SENT,
        CLOSED
    }

    /// @param deadline     the earliest of the call's deadlines
    /// @param startedNanos when it got its slot, on the clock of the deadline
    /// @param bytes        what the responses of its batch may still take
    public LiveCall(Deadline deadline, long startedNanos, ByteBudget bytes) {
        this.deadline = deadline;
        this.startedNanos = startedNanos;
        this.bytes = bytes;
    }

    public Deadline deadline() {
        return deadline;
    }

    /// What the call is waiting for.
    public Phase phase() {
        return phase;
    }

    /// From here on nothing is sent, unless something already was.
    public void close() {
        wire.compareAndSet(Wire.UNTOUCHED, Wire.CLOSED);
    }

    /// Ends the exchange with a time-out, unless it has already ended.
    public void expire(Deadline passed) {
        close();
        expiry.tryEmitError(new DeadlinePassedException(passed));
    }

    /// What is known of the call at `nowNanos`.
    public Trace trace(long nowNanos) {
        List<String> followed = redirects;
        return new Trace(
                nowNanos - startedNanos,
                attempts.get(),
                wire.get() == Wire.SENT,
                followed == null ? List.of() : List.copyOf(followed));
    }

    /// Lets `exchange` run until it ends or the call expires.
    Mono<UpstreamResponse> untilExpiry(Mono<UpstreamResponse> exchange) {
        return Mono.firstWithSignal(exchange, expiry.asMono());
    }

    /// Aborts `exchange`, which belongs to this call and from here on sends nothing more.
    ///
    /// Once bytes have left, that is done where the connection lives: on another thread it could close the
    /// connection just after the response has ended and the next call has leased it.
    void abort(Disposable exchange) {
        close();
        EventLoop loop = eventLoop;
        if (wire.get() == Wire.SENT && loop != null) {
            loop.execute(exchange::dispose);
        } else {
            exchange.dispose();
        }
    }

    /// Runs `task` when the connection is back in its pool. The end of a response is seen a little earlier, in the
    /// same task of the event loop: whoever then starts another call would open another connection for it.
    void afterRelease(Runnable task) {
        EventLoop loop = eventLoop;
        if (loop == null) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    ByteBudget bytes() {
        return bytes;
    }

    void attempting() {
        attempts.incrementAndGet();
    }

    void acquiring() {
        phase = Phase.ACQUIRE;
    }

    void connecting() {
        phase = Phase.CONNECT;
    }

    /// Notes that bytes are about to leave, on a connection of that event loop.
    ///
    /// @return `false` if they must not, because the call was closed
    boolean sending(EventLoop loop) {
        phase = Phase.RESPONSE;
        eventLoop = loop;
        wire.compareAndSet(Wire.UNTOUCHED, Wire.SENT);
        return wire.get() == Wire.SENT;
    }

    void receiving() {
        phase = Phase.BODY;
    }

    void redirectedTo(String url) {
        List<String> followed = redirects;
        if (followed == null) {
            followed = new CopyOnWriteArrayList<>();
            redirects = followed;
        }
        followed.add(url);
    }
}
