package dev.muster.call;

import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.Trace;
import dev.muster.plan.Deadline;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Endpoint;
import dev.muster.upstream.ByteBudget;
import dev.muster.upstream.ExchangeContext;
import dev.muster.upstream.NextTurn;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;

/// One attempt of a call: a request and what follows from it, redirects included.
///
/// Event loops write it and any thread reads it.
final class Attempt implements ExchangeContext {

    private final LiveCall call;
    private final @Nullable Endpoint endpoint;
    private final NanoClock clock;
    private final long startedNanos;
    private final @Nullable Attempt previous;
    private final AtomicReference<Wire> wire = new AtomicReference<>(Wire.UNTOUCHED);
    private volatile Phase phase = Phase.ACQUIRE;
    private volatile @Nullable ScheduledExecutorService eventLoop;
    private volatile @Nullable List<String> redirects;
    private volatile boolean answered;
    /// Guarded by this object's lock when written, as is [#hop].
    private volatile boolean ended;
    private volatile boolean sentBefore;
    private volatile @Nullable Hop hop;
    private long enteredNanos;
    private long acquireNanos;
    private long connectNanos;
    private long responseNanos;
    private long bodyNanos;

    /// Whether bytes have left. An attempt that was closed untouched stays so, which makes `sent` exact: whoever
    /// gives it up and whoever sends it decide it between them in one step.
    private enum Wire {
        UNTOUCHED,
        SENT,
        CLOSED,
        SENT_AND_CLOSED
    }

    /// @param endpoint where it goes, for a service that has several base URLs
    /// @param previous the attempt of the call that was begun before this one
    Attempt(LiveCall call, @Nullable Endpoint endpoint, NanoClock clock, @Nullable Attempt previous) {
        this.call = call;
        this.endpoint = endpoint;
        this.clock = clock;
        this.startedNanos = clock.nanos();
        this.enteredNanos = startedNanos;
        this.previous = previous;
    }

    LiveCall call() {
        return call;
    }

    @Nullable
    Endpoint endpoint() {
        return endpoint;
    }

    @Nullable
    Attempt previous() {
        return previous;
    }

    @Override
    public Deadline deadline() {
        return call.deadline();
    }

    @Override
    public ByteBudget bytes() {
        return call.batch().bytes();
    }

    @Override
    public Map<String, String> carried() {
        return call.carried();
    }

    @Override
    public Phase phase() {
        return phase;
    }

    boolean hasEnded() {
        return ended;
    }

    /// Whether it has a complete response that nobody has acted on yet.
    boolean isAnswered() {
        return answered && !ended;
    }

    boolean isSent() {
        return switch (wire.get()) {
            case SENT, SENT_AND_CLOSED -> true;
            case UNTOUCHED, CLOSED -> false;
        };
    }

    /// What is known of the call now that this attempt has decided what became of it.
    Trace trace() {
        return call.trace(this, clock.nanos());
    }

    long elapsedNanos() {
        return clock.nanos() - startedNanos;
    }

    /// How long it has had a connection, or been opening one; 0 if it never did.
    long heldNanos() {
        PhaseTimes until = phases(0);
        return until.connect() + until.response() + until.body();
    }

    /// The URLs it was redirected to, in order.
    List<String> redirects() {
        List<String> followed = redirects;
        return followed == null ? List.of() : List.copyOf(followed);
    }

    /// How long it was in each phase until now.
    ///
    /// @param waitedNanos what the call had waited for its slots
    PhaseTimes phases(long waitedNanos) {
        Phase current = phase;
        long sinceEntered = ended ? 0 : clock.nanos() - enteredNanos;
        return new PhaseTimes(
                waitedNanos + acquireNanos + (current == Phase.ACQUIRE ? sinceEntered : 0),
                connectNanos + (current == Phase.CONNECT ? sinceEntered : 0),
                responseNanos + (current == Phase.RESPONSE ? sinceEntered : 0),
                bodyNanos + (current == Phase.BODY ? sinceEntered : 0));
    }

    /// From here on no request is sent; one that was goes on.
    void close() {
        wire.updateAndGet(state -> switch (state) {
            case UNTOUCHED, CLOSED -> Wire.CLOSED;
            case SENT, SENT_AND_CLOSED -> Wire.SENT_AND_CLOSED;
        });
    }

    /// Notes that a request of it has its permit, which is given back by whoever takes it by [#leave] or [#end].
    ///
    /// @return `false` if the attempt has ended and takes no permit
    synchronized boolean admitted(Hop next) {
        if (ended) {
            return false;
        }
        hop = next;
        return true;
    }

    /// The request under way, or `null` between two of them.
    @Nullable
    Hop hop() {
        return hop;
    }

    /// Notes that its request is over, and another is to come.
    ///
    /// @return the request, or `null` if there is none
    synchronized @Nullable Hop leave() {
        Hop left = hop;
        hop = null;
        return left;
    }

    /// Notes that nothing more is to come of it.
    ///
    /// @return the request that was under way, or `null` if there is none
    synchronized @Nullable Hop end() {
        if (!ended) {
            enter(phase);
            ended = true;
        }
        return leave();
    }

    /// Aborts `exchange`, which belongs to this attempt and from here on sends nothing more.
    ///
    /// Once bytes have left, that is done where the connection lives: on another thread it could close the
    /// connection just after the response has ended and the next call has leased it.
    void abort(Disposable exchange) {
        close();
        ScheduledExecutorService loop = eventLoop;
        if (isSent() && loop != null) {
            loop.execute(exchange::dispose);
        } else {
            exchange.dispose();
        }
    }

    /// Notes that the whole response is there, and acts on it in `task` as [#afterRelease] does.
    void answered(Runnable task) {
        afterRelease(task);
        answered = true;
    }

    /// Runs `task` when the event loop has looked at its sockets once more, at once if nothing was sent: a loop that
    /// has much to do may not have seen yet what is there.
    void afterNextLook(Runnable task) {
        ScheduledExecutorService loop = eventLoop;
        if (loop == null || !isSent()) {
            task.run();
        } else {
            NextTurn.ofOther(loop, task);
        }
    }

    @Override
    public void afterRelease(Runnable task) {
        ScheduledExecutorService loop = eventLoop;
        if (loop == null) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    @Override
    public void repeated() {
        call.repeated();
    }

    @Override
    public void acquiring() {
        enter(Phase.ACQUIRE);
    }

    @Override
    public void connecting() {
        enter(Phase.CONNECT);
    }

    @Override
    public boolean sending(ScheduledExecutorService loop) {
        enter(Phase.RESPONSE);
        eventLoop = loop;
        boolean first = wire.compareAndSet(Wire.UNTOUCHED, Wire.SENT);
        sentBefore = !first;
        Hop leaving = hop;
        if (leaving == null || (!first && wire.get() != Wire.SENT)) {
            return false;
        }
        leaving.guard().sent();
        return true;
    }

    @Override
    public void nothingSent() {
        Hop stayed = hop;
        if (stayed != null) {
            stayed.guard().notSent();
        }
        if (!sentBefore) {
            wire.updateAndGet(state -> switch (state) {
                case UNTOUCHED, SENT -> Wire.UNTOUCHED;
                case CLOSED, SENT_AND_CLOSED -> Wire.CLOSED;
            });
        }
    }

    @Override
    public void receiving() {
        enter(Phase.BODY);
    }

    void redirectedTo(String url) {
        List<String> followed = redirects;
        if (followed == null) {
            followed = new CopyOnWriteArrayList<>();
            redirects = followed;
        }
        followed.add(url);
    }

    private void enter(Phase next) {
        long now = clock.nanos();
        long spent = now - enteredNanos;
        switch (phase) {
            case ACQUIRE -> acquireNanos += spent;
            case CONNECT -> connectNanos += spent;
            case RESPONSE -> responseNanos += spent;
            case BODY -> bodyNanos += spent;
        }
        enteredNanos = now;
        phase = next;
    }
}
