package dev.muster.call;

import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.Trace;
import dev.muster.plan.Deadline;
import dev.muster.plan.NanoClock;
import dev.muster.resilience.Endpoint;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The live state of a call that has its slot: its attempts, and the switch that ends it when time is up.
///
/// Event loops write it and any thread reads it.
public final class LiveCall {

    private final Deadline deadline;
    private final long waitedNanos;
    private final long startedNanos;
    private final BatchScope batch;
    private volatile @Nullable LiveCall shared;
    private @Nullable Consumer<Deadline> expiry;
    private volatile Map<String, String> carried = Map.of();
    private volatile Consumer<Optional<URI>> onAttempt = _ -> {};
    private volatile @Nullable Deadline passed;
    /// Guarded by this object's lock when written.
    private volatile @Nullable Attempt last;
    private boolean closed;
    private volatile int attempts;

    /// @param deadline     the earliest of the call's deadlines
    /// @param waitedNanos  how long it waited for its slot
    /// @param startedNanos when it got it, on the clock of the deadline
    /// @param batch        what it shares with the other calls of its batch
    public LiveCall(Deadline deadline, long waitedNanos, long startedNanos, BatchScope batch) {
        this.deadline = deadline;
        this.waitedNanos = waitedNanos;
        this.startedNanos = startedNanos;
        this.batch = batch;
    }

    public Deadline deadline() {
        return deadline;
    }

    /// Has every request of the call carry `headers`, whatever its caller gave under these names, and every attempt
    /// told to `onAttempt` when it begins: where it goes, for a service that has several base URLs. To be called
    /// before the call is made.
    public void accompany(Map<String, String> headers, Consumer<Optional<URI>> onAttempt) {
        this.carried = headers;
        this.onAttempt = onAttempt;
    }

    /// The headers that every request of the call carries.
    Map<String, String> carried() {
        return carried;
    }

    /// From here on nothing is sent, unless something already was.
    public synchronized void close() {
        closed = true;
        for (Attempt attempt = last; attempt != null; attempt = attempt.previous()) {
            attempt.close();
        }
    }

    /// Ends the call with a time-out, unless it has already ended or has a response that was complete in time: that is
    /// what becomes of it then, as soon as its event loop comes to it.
    public void expire(Deadline deadline) {
        Consumer<Deadline> listener;
        synchronized (this) {
            if (passed != null) {
                return;
            }
            passed = deadline;
            listener = expiry;
        }
        close();
        LiveCall request = shared;
        if (request != null) {
            request.passed = deadline;
        }
        if (listener != null) {
            Attempt answered = request == null ? answered() : request.answered();
            if (answered == null) {
                listener.accept(deadline);
            } else {
                answered.afterRelease(() -> listener.accept(deadline));
            }
        }
    }

    private @Nullable Attempt answered() {
        for (Attempt attempt = last; attempt != null; attempt = attempt.previous()) {
            if (attempt.isAnswered()) {
                return attempt;
            }
        }
        return null;
    }

    /// What is known of the call at `nowNanos`.
    public Trace trace(long nowNanos) {
        LiveCall request = shared;
        Attempt deciding = request == null ? last : request.last;
        return trace(deciding, nowNanos);
    }

    /// What is known of the call at `nowNanos`, when `deciding` decided what became of it.
    Trace trace(@Nullable Attempt deciding, long nowNanos) {
        LiveCall request = shared;
        return new Trace(
                nowNanos - startedNanos,
                request == null ? attempts : request.attempts,
                request == null ? isSent() : request.isSent(),
                deciding == null ? List.of() : deciding.redirects(),
                deciding == null ? new PhaseTimes(waitedNanos, 0, 0, 0) : deciding.phases(waitedNanos));
    }

    /// Has `listener` told once when the call expires: now, if it already has.
    void onExpiry(Consumer<Deadline> listener) {
        Deadline already;
        synchronized (this) {
            expiry = listener;
            already = passed;
        }
        if (already != null) {
            listener.accept(already);
        }
    }

    /// What the call is waiting for: of several running attempts, the one that got furthest.
    Phase phase() {
        LiveCall request = shared;
        if (request != null) {
            return request.phase();
        }
        Attempt latest = last;
        Phase furthest = null;
        for (Attempt attempt = latest; attempt != null; attempt = attempt.previous()) {
            if (!attempt.hasEnded() && (furthest == null || attempt.phase().compareTo(furthest) > 0)) {
                furthest = attempt.phase();
            }
        }
        if (furthest != null) {
            return furthest;
        }
        return latest == null ? Phase.ACQUIRE : latest.phase();
    }

    /// The deadline that ended the call, or `null` while none has.
    @Nullable
    Deadline passed() {
        return passed;
    }

    BatchScope batch() {
        return batch;
    }

    /// Has the request of `other` count as this call's own.
    void share(LiveCall other) {
        shared = other;
    }

    /// Where the latest attempt went, for a service that has several base URLs.
    @Nullable
    Endpoint endpoint() {
        Attempt latest = last;
        return latest == null ? null : latest.endpoint();
    }

    /// Begins another attempt.
    Attempt begin(@Nullable Endpoint endpoint, NanoClock clock) {
        onAttempt.accept(Optional.ofNullable(endpoint).map(Endpoint::baseUrl));
        return next(endpoint, clock);
    }

    private synchronized Attempt next(@Nullable Endpoint endpoint, NanoClock clock) {
        var attempt = new Attempt(this, endpoint, clock, last);
        last = attempt;
        attempts++;
        if (closed) {
            attempt.close();
        }
        return attempt;
    }

    /// Notes that an attempt has made its request twice.
    synchronized void repeated() {
        attempts++;
    }

    private boolean isSent() {
        for (Attempt attempt = last; attempt != null; attempt = attempt.previous()) {
            if (attempt.isSent()) {
                return true;
            }
        }
        return false;
    }
}
