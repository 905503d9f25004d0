package dev.muster.detached;

import dev.muster.admission.RetainedBatch;
import dev.muster.answer.BatchWriter;
import dev.muster.answer.StoredResult;
import dev.muster.fanout.BatchRun;
import dev.muster.outcome.CancelReason;
import dev.muster.plan.BatchPlan;
import dev.muster.plan.CallPlan;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// Runs batches that outlive their request, and tells of what is kept of them.
public final class DetachedBatches {

    private static final Logger LOG = LoggerFactory.getLogger(DetachedBatches.class);
    private static final Duration REAP_EVERY = Duration.ofSeconds(1);
    /// How long a caller that cancels a batch is kept for the batch to end.
    private static final Duration CANCELLED_WITHIN = Duration.ofSeconds(1);

    private static final BatchStore.Limit ALL = new BatchStore.Limit(Integer.MAX_VALUE, Long.MAX_VALUE);
    /// What a follower is read at once, before it asks for it.
    private static final BatchStore.Limit AHEAD = new BatchStore.Limit(32, 64 << 10);

    private final BatchStore store;
    private final BatchWriter writer;
    private final Duration retention;
    private final InstantSource clock;
    private final Scheduler timer;
    private final Scheduler writers;
    /// Those that run here, and what each takes that is kept here.
    private final Map<UUID, Running> running = new ConcurrentHashMap<>();

    private final Map<UUID, RetainedBatch> retained = new ConcurrentHashMap<>();
    private final Disposable.Swap reaping = Disposables.swap();

    private record Running(BatchRun run, Recorder recorder) {}

    /// @param retention how long a batch is kept after its end
    /// @param clock     tells until when, to callers
    /// @param writers   where results are written
    public DetachedBatches(
            BatchStore store,
            BatchWriter writer,
            Duration retention,
            InstantSource clock,
            Scheduler timer,
            Scheduler writers) {
        this.store = store;
        this.writer = writer;
        this.retention = retention;
        this.clock = clock;
        this.timer = timer;
        this.writers = writers;
    }

    /// Begins to forget batches when their time is over.
    public void open() {
        LOG.info("Detached batches are kept in memory: only this instance answers for those that it takes, and its stop"
                + " ends them");
        reaping.update(Flux.interval(REAP_EVERY, timer)
                .onBackpressureDrop()
                .concatMap(_ -> store.reap(), 1)
                .subscribe(this::forgotten));
    }

    public void close() {
        reaping.dispose();
    }

    private void forgotten(UUID id) {
        RetainedBatch kept = retained.remove(id);
        if (kept != null) {
            kept.release();
        }
    }

    /// The time of day, as far as batches are concerned.
    public Instant now() {
        return clock.instant();
    }

    /// The batch that was made with a key of that name; empty if there is none.
    public Mono<BatchStore.Creation.Existing> made(IdempotencyKey key) {
        return store.made(key);
    }

    /// Runs a batch whether or not anyone waits for it; if one was made with the same key before, it never runs.
    public Mono<BatchStore.Creation> start(BatchRun run, @Nullable IdempotencyKey key) {
        return Mono.deferContextual(context -> store.create(origin(run.plan()), key, latestEnd(run.plan()))
                .doOnNext(creation -> {
                    switch (creation) {
                        case BatchStore.Creation.Created(long epoch) -> {
                            Recorder recorder = recorder(run, epoch);
                            retained.put(run.plan().id(), run.retained());
                            running.put(run.plan().id(), new Running(run, recorder));
                            run.recordedBy(recorder).contextWrite(context).subscribe();
                        }
                        case BatchStore.Creation.Existing _ -> run.abandon();
                    }
                })
                .doOnError(_ -> run.abandon())
                .doOnCancel(run::abandon));
    }

    private KeptBatch.Origin origin(BatchPlan plan) {
        return new KeptBatch.Origin(
                plan.id(),
                plan.principal(),
                plan.strategy().name(),
                plan.calls().size(),
                now());
    }

    private Instant latestEnd(BatchPlan plan) {
        return now().plus(plan.deadline().budget()).plus(retention);
    }

    private Recorder recorder(BatchRun run, long epoch) {
        UUID id = run.plan().id();
        return new Recorder(
                writer,
                writers,
                (landed, bytes) -> store.append(id, epoch, landed)
                        .doOnNext(recording -> {
                            if (recording == BatchStore.Recording.CANCELLED) {
                                run.cancel(CancelReason.CLIENT_CANCELLED);
                            }
                            if (landed.ending() != null) {
                                running.remove(id);
                                run.retained().hasEnded(bytes);
                            }
                        })
                        .then());
    }

    /// The batch of that id as it is now; empty if there is none that `principal` may see.
    public Mono<KeptBatch> batch(UUID id, String principal) {
        return store.batch(id).filter(batch -> batch.origin().principal().equals(principal));
    }

    /// Completes when the batch has ended, but after so much time at the latest.
    public Mono<Void> ended(UUID id, Duration atMost) {
        return ended(id, atMost, Mono.never());
    }

    private Mono<Void> ended(UUID id, Duration atMost, Mono<Void> sooner) {
        if (!atMost.isPositive()) {
            return Mono.empty();
        }
        return store.changed(id, Long.MAX_VALUE)
                .takeUntilOther(sooner)
                .takeUntilOther(Mono.delay(atMost, timer))
                .publishOn(writers);
    }

    /// Has what is pending of a batch cancelled.
    ///
    /// @return completes when the batch has ended, or soon
    public Mono<Void> cancel(UUID id) {
        return store.cancel(id).then(Mono.defer(() -> {
            Running here = running.get(id);
            if (here != null) {
                here.run().cancel(CancelReason.CLIENT_CANCELLED);
            }
            return ended(id, CANCELLED_WITHIN);
        }));
    }

    /// Some results of the batch; empty if it is gone.
    public Mono<BatchStore.Page> page(UUID id, long after, BatchStore.Limit limit) {
        return store.read(id, after, limit);
    }

    /// All results of the batch that there are; empty if it is gone.
    public Mono<BatchStore.Page> all(UUID id) {
        return store.read(id, 0, ALL);
    }

    /// The results of the batch after the number `after`, and those that land, until it has ended. They are read no
    /// faster than asked for, and nothing is kept for whoever reads slowly.
    public Flux<StoredResult> follow(UUID id, long after) {
        return Flux.defer(() -> {
            var follower = new Follower(after);
            return Mono.defer(() -> store.read(id, follower.after, AHEAD))
                    .switchIfEmpty(Mono.fromRunnable(follower::isAtEnd))
                    .flatMapIterable(follower::take)
                    .concatWith(Flux.defer(() -> follower.atEnd
                            ? Flux.empty()
                            : store.changed(id, follower.after).cast(StoredResult.class)))
                    .repeat(() -> !follower.atEnd);
        });
    }

    /// How far a follower has read.
    private static final class Follower {

        private volatile long after;
        private volatile boolean atEnd;

        private Follower(long after) {
            this.after = after;
        }

        private List<StoredResult> take(BatchStore.Page page) {
            if (!page.results().isEmpty()) {
                after = page.results().getLast().seq();
            }
            atEnd = page.isLast();
            return page.results();
        }

        private void isAtEnd() {
            atEnd = true;
        }
    }

    /// A batch of `wait` that has returned.
    ///
    /// @param summary the batch without results, in JSON
    /// @param batch   as it was at that moment
    /// @param landed  in landing order
    /// @param pending what stands for the results of the calls that still run, in input order
    public record Returned(byte[] summary, KeptBatch batch, List<StoredResult> landed, List<StoredResult> pending) {

        /// What landed after the number `after`, and the rest.
        public List<StoredResult> after(long after) {
            List<StoredResult> rest = new ArrayList<>(landed.subList((int) after, landed.size()));
            rest.addAll(pending);
            return rest;
        }

        /// All of them in input order.
        public List<StoredResult> inInputOrder() {
            List<StoredResult> all = new ArrayList<>(landed);
            all.addAll(pending);
            all.sort(Comparator.comparingInt(StoredResult::index));
            return all;
        }
    }

    /// Completes when a batch of `wait` returns, whose calls run on: by its condition, or after so much time.
    public Mono<Void> returns(BatchRun run, Duration atMost) {
        return ended(run.plan().id(), atMost, run.returned()).then(Mono.defer(() -> recorded(run)));
    }

    /// Completes when all is recorded that has landed by now.
    private Mono<Void> recorded(BatchRun run) {
        UUID id = run.plan().id();
        Running here = running.get(id);
        int landed = here == null ? 0 : here.recorder().count();
        return landed == 0 ? Mono.empty() : store.changed(id, landed - 1L).publishOn(writers);
    }

    /// What there is of a batch that has returned; empty if it is gone.
    public Mono<Returned> returned(BatchRun run) {
        return all(run.plan().id()).map(page -> returned(run, page));
    }

    private Returned returned(BatchRun run, BatchStore.Page page) {
        KeptBatch batch = page.batch();
        if (batch.ending() != null) {
            return new Returned(batch.ending().summary(), batch, page.results(), List.of());
        }
        var landed = new BitSet();
        page.results().forEach(result -> landed.set(result.index()));
        List<String> done = new ArrayList<>();
        List<String> open = new ArrayList<>();
        List<StoredResult> pending = new ArrayList<>();
        for (CallPlan call : run.plan().calls()) {
            if (landed.get(call.index())) {
                done.add(call.id());
            } else {
                open.add(call.id());
                pending.add(new StoredResult(0, call.index(), writer.pending(call, run.trace(call.index()))));
            }
        }
        return new Returned(batch.returned(now(), done, open), batch, page.results(), pending);
    }
}
