package dev.muster.admission;

import dev.muster.upstream.ResponseMemory;
import io.github.bucket4j.Bucket;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Decides when the next call of one batch without end may begin: when its caller's rate allows it, and when there is
/// room for what it is expected to hold. It is never refused, but waits; the lines behind it are not read then.
public final class LineAdmission {

    /// What a batch holds besides its calls, roughly: a piece of what has come, and the beginning of a line.
    static final int BYTES_PER_STREAM = 32 << 10;

    /// The part of its caller's memory that one call may be expected to take: any number of them get on, if slowly.
    private static final int MOST_PARTS = 4;

    /// What is remembered of a large response fades by such a part with each that is smaller.
    private static final int FADING = 256;

    private final String principal;
    private final String turns;
    private final Callers callers;
    private final long mostBytes;
    /// What the response of the next call is expected to hold: as much as it may, before the first.
    private final AtomicLong expected;

    private final Map<Integer, Place> places = new ConcurrentHashMap<>();
    private final BatchMemory stream;
    private final AtomicBoolean closed = new AtomicBoolean();

    /// @param mostBytes most bytes of a response body
    /// @throws RateLimitedException if the caller has as many batches without end as its part allows
    /// @throws OverloadedException  if there are as many of them as all together may be
    LineAdmission(Caller caller, Callers callers, long mostBytes) {
        this.principal = caller.name();
        this.turns = principal + " lines";
        this.callers = callers;
        this.mostBytes = mostBytes * BatchMemory.COPIES;
        this.expected = new AtomicLong(this.mostBytes);
        this.stream = new BatchMemory(caller.streams());
        stream.takeOrRefuse(BYTES_PER_STREAM);
    }

    /// What one call holds until its result has left.
    ///
    /// @param ownBytes what of it is not for its response
    private record Place(BatchMemory memory, long ownBytes) {}

    /// In whose name its calls wait for their turns: not in their caller's, whose other batches cannot wait.
    public String turns() {
        return turns;
    }

    /// Takes one call of what the caller's rate allows.
    ///
    /// @return 0 if it was taken, else in how many nanoseconds it may be
    public long takeOne() {
        Bucket rate = callers.named(principal).calls();
        return rate == null ? 0 : rate.tryConsumeAndReturnRemaining(1).getNanosToWaitForRefill();
    }

    /// What a call of so many bytes holds that waits for its host while lines behind it are read. To be released when
    /// it waits no longer; `null` where there is no room for it, and they are not to be read.
    public @Nullable BatchMemory aside(long bytes) {
        var memory = new BatchMemory(callers.named(principal).streams());
        return memory.takeSpare(bytes + Admission.BYTES_PER_CALL) ? memory : null;
    }

    /// What the response of a call is kept in, as soon as there is room for it.
    ///
    /// @param index of the call, whose result is to be [told of][#left] when it has left
    /// @param bytes what the call itself takes
    public Mono<ResponseMemory> place(int index, long bytes) {
        return Mono.create(sink -> {
            var wanted = new AtomicBoolean(true);
            sink.onCancel(() -> wanted.set(false));
            Room.Part part = callers.named(principal).memory();
            var memory = new BatchMemory(part);
            // Whatever is asked for, half of the caller's part is enough for it.
            long half = part.most() / 2;
            long own = Math.min(bytes + Admission.BYTES_PER_CALL, half);
            callers.memory().awaiting(principal, () -> {
                if (!wanted.get()) {
                    return true;
                }
                long response = Math.min(expected.get(), Math.min(part.most() / MOST_PARTS, half - own));
                if (!memory.takeSpare(own + response)) {
                    return false;
                }
                memory.reserve(response);
                places.put(index, new Place(memory, own));
                if (closed.get()) {
                    left(index);
                }
                sink.success(memory);
                return true;
            });
        });
    }

    /// The result of a call has left, and with it what the call held.
    public void left(int index) {
        Place place = places.remove(index);
        if (place != null) {
            learn(place.memory().used() - place.ownBytes());
            place.memory().release();
        }
    }

    /// No result leaves any more.
    public void close() {
        if (closed.compareAndSet(false, true)) {
            stream.release();
        }
        places.keySet().forEach(this::left);
    }

    private void learn(long used) {
        expected.updateAndGet(before ->
                before == mostBytes || used >= before ? Math.min(used, mostBytes) : before - (before - used) / FADING);
    }
}
