package dev.muster.detached;

import dev.muster.answer.BatchWriter;
import dev.muster.answer.StoredResult;
import dev.muster.call.LiveCall;
import dev.muster.fanout.RunListener;
import dev.muster.outcome.CallOutcome;
import dev.muster.plan.CallPlan;
import dev.muster.strategy.BatchSummary;
import dev.muster.strategy.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Writes the results of one batch as they land and has them recorded, some at a time and one time after the other; and
/// after the last of them, how the batch ended. Whoever tells of a result only leaves it here.
final class Recorder implements RunListener {

    private static final int MOST_RESULTS = 64;
    private static final long MOST_BYTES = 256 << 10;

    private final BatchWriter writer;
    private final Scheduler writers;
    private final Log log;
    private final Queue<CallOutcome> landed = new ConcurrentLinkedQueue<>();
    private final AtomicInteger count = new AtomicInteger();
    private volatile @Nullable BatchSummary summary;
    /// Something was left here; whoever leaves the first has all of it written.
    private final AtomicInteger notes = new AtomicInteger();

    private final BatchSummary.Tally tally = new BatchSummary.Tally();
    private long seq;
    private long bytes;

    /// Where it is recorded what has landed.
    interface Log {

        /// Records some of it. Never an error.
        ///
        /// @param bytes of all results until now
        Mono<Void> append(BatchStore.Landed landed, long bytes);
    }

    /// @param writers where results are written
    Recorder(BatchWriter writer, Scheduler writers, Log log) {
        this.writer = writer;
        this.writers = writers;
        this.log = log;
    }

    @Override
    public void callStarted(CallPlan call, LiveCall live) {}

    @Override
    public void callEnded(CallOutcome outcome) {
        landed.add(outcome);
        count.incrementAndGet();
        note();
    }

    @Override
    public void ended(BatchSummary summary) {
        this.summary = summary;
        note();
    }

    /// How many results have been told of, recorded or not.
    int count() {
        return count.get();
    }

    private void note() {
        if (notes.getAndIncrement() == 0) {
            writers.schedule(this::write);
        }
    }

    private void write() {
        int seen = notes.get();
        // Read before the results, all of which were told before it.
        BatchSummary ended = summary;
        List<StoredResult> results = next();
        boolean all = landed.isEmpty();
        KeptBatch.End ending = ended != null && all ? ending(ended) : null;
        if (results.isEmpty() && ending == null) {
            again(seen, all);
            return;
        }
        log.append(new BatchStore.Landed(results, tally.counts(), ending), bytes)
                .subscribe(null, null, () -> again(seen, all));
    }

    /// @param all whether nothing was left here when it was looked for
    private void again(int seen, boolean all) {
        if (!all || notes.addAndGet(-seen) != 0) {
            writers.schedule(this::write);
        }
    }

    private List<StoredResult> next() {
        List<StoredResult> results = new ArrayList<>();
        long before = bytes;
        while (results.size() < MOST_RESULTS && bytes - before < MOST_BYTES) {
            CallOutcome outcome = landed.poll();
            if (outcome == null) {
                break;
            }
            byte[] json = writer.result(outcome);
            results.add(new StoredResult(++seq, outcome.index(), json));
            tally.add(outcome);
            bytes += json.length;
        }
        return results;
    }

    private static KeptBatch.End ending(BatchSummary summary) {
        Verdict verdict = summary.verdict();
        return new KeptBatch.End(
                verdict.outcome(), verdict.failure(), verdict.timeRanOut(), BatchWriter.summary(summary));
    }
}
