package dev.muster.detached;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.answer.StoredResult;
import dev.muster.detached.BatchStore.Creation;
import dev.muster.detached.BatchStore.Landed;
import dev.muster.detached.BatchStore.Limit;
import dev.muster.detached.BatchStore.Page;
import dev.muster.detached.BatchStore.Recording;
import dev.muster.request.StrategyName;
import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.BatchSummary.Counts;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// What every store of detached batches promises, whatever keeps them.
abstract class StoreContract {

    static final Duration RETENTION = Duration.ofMinutes(10);

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Limit ANY = new Limit(1_000, Long.MAX_VALUE);

    /// A store that nobody has kept anything in.
    abstract BatchStore store();

    /// What time it is for the store.
    abstract Instant now();

    /// Lets so much time pass for the store.
    abstract void pass(Duration time);

    private UUID create(@Nullable IdempotencyKey key) {
        var id = UUID.randomUUID();
        assertThat(create(id, key)).isInstanceOf(Creation.Created.class);
        return id;
    }

    private Creation create(UUID id, @Nullable IdempotencyKey key) {
        var origin = new KeptBatch.Origin(id, "alice", StrategyName.GATHER, 100, now());
        return get(store().create(origin, key, now().plus(Duration.ofHours(1))));
    }

    private static <T> T get(Mono<T> mono) {
        return mono.blockOptional(SOON).orElseThrow();
    }

    private static List<StoredResult> results(int from, int to) {
        return IntStream.rangeClosed(from, to)
                .mapToObj(seq -> new StoredResult(
                        seq, 100 - seq, "{\"id\":\"%d\"}".formatted(seq).getBytes(StandardCharsets.UTF_8)))
                .toList();
    }

    private static Landed landed(int from, int to) {
        return new Landed(results(from, to), new Counts(to, 0, 0, 0, 0), null);
    }

    private static Landed end(int landed) {
        var ending = new KeptBatch.End(BatchOutcome.FAILED, "why", true, new byte[] {'{', '}'});
        return new Landed(List.of(), new Counts(landed, 0, 0, 0, 0), ending);
    }

    private Recording append(UUID id, long epoch, Landed landed) {
        return get(store().append(id, epoch, landed));
    }

    private List<Long> read(UUID id, long after) {
        return get(store().read(id, after, ANY)).results().stream()
                .map(StoredResult::seq)
                .toList();
    }

    @Test
    void aBatchIsThereAsItWasMadeWhenNothingHasLanded() {
        UUID id = create(null);

        KeptBatch batch = get(store().batch(id));

        assertThat(batch.origin().principal()).isEqualTo("alice");
        assertThat(batch.origin().strategy()).isEqualTo(StrategyName.GATHER);
        assertThat(batch.origin().calls()).isEqualTo(100);
        assertThat(batch.landed()).isZero();
        assertThat(batch.counts()).isEqualTo(new Counts(0, 0, 0, 0, 0));
        assertThat(batch.outcome()).isEqualTo(BatchOutcome.RUNNING);
        Page page = get(store().read(id, 0, ANY));
        assertThat(page.results()).isEmpty();
        assertThat(page.isLast()).isFalse();
    }

    @Test
    void nothingIsThereWhenNoBatchWasMade() {
        UUID id = UUID.randomUUID();

        assertThat(store().batch(id).blockOptional(SOON)).isEmpty();
        assertThat(store().read(id, 0, ANY).blockOptional(SOON)).isEmpty();
        assertThat(append(id, 1, landed(1, 1))).isEqualTo(Recording.REFUSED);
        store().changed(id, 0).block(SOON);
        store().cancel(id).block(SOON);
    }

    @Test
    void resultsAreReadInLandingOrderAndAfterANumber() {
        UUID id = create(null);
        append(id, 1, landed(1, 3));
        append(id, 1, landed(4, 5));

        assertThat(read(id, 0)).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(read(id, 3)).containsExactly(4L, 5L);
        assertThat(read(id, 5)).isEmpty();
        assertThat(read(id, 500)).isEmpty();
        StoredResult last = get(store().read(id, 4, ANY)).results().getLast();
        assertThat(last.index()).isEqualTo(95);
        assertThat(new String(last.json(), StandardCharsets.UTF_8)).isEqualTo("{\"id\":\"5\"}");
        assertThat(get(store().batch(id)).landed()).isEqualTo(5);
        assertThat(get(store().batch(id)).counts().succeeded()).isEqualTo(5);
    }

    @Test
    void aPageHasNoMoreThanItsLimitButOneResultWhateverItsBytes() {
        UUID id = create(null);
        append(id, 1, landed(1, 5));

        assertThat(get(store().read(id, 1, new Limit(2, Long.MAX_VALUE))).results())
                .extracting(StoredResult::seq)
                .containsExactly(2L, 3L);
        assertThat(get(store().read(id, 1, new Limit(10, 1))).results())
                .extracting(StoredResult::seq)
                .containsExactly(2L);
        assertThat(get(store().read(id, 1, new Limit(10, 15))).results()).hasSize(2);
    }

    @Test
    void aResultIsThereOnceWhenItIsRecordedOnceMore() {
        UUID id = create(null);
        append(id, 1, landed(1, 3));

        assertThat(append(id, 1, landed(1, 3))).isEqualTo(Recording.RECORDED);
        assertThat(append(id, 1, landed(3, 4))).isEqualTo(Recording.RECORDED);
        assertThat(read(id, 0)).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void nothingIsRecordedWhenTheEpochIsAnother() {
        UUID id = create(null);

        assertThat(append(id, 0, landed(1, 1))).isEqualTo(Recording.REFUSED);
        assertThat(append(id, 2, landed(1, 1))).isEqualTo(Recording.REFUSED);
        assertThat(read(id, 0)).isEmpty();
    }

    @Test
    void nothingIsRecordedWhenTheBatchHasEnded() {
        UUID id = create(null);
        append(id, 1, landed(1, 2));
        assertThat(append(id, 1, end(2))).isEqualTo(Recording.RECORDED);

        assertThat(append(id, 1, landed(3, 3))).isEqualTo(Recording.REFUSED);
        KeptBatch batch = get(store().batch(id));
        assertThat(batch.landed()).isEqualTo(2);
        assertThat(batch.outcome()).isEqualTo(BatchOutcome.FAILED);
        KeptBatch.End ending = Objects.requireNonNull(batch.ending());
        assertThat(ending.failure()).isEqualTo("why");
        assertThat(ending.timeRanOut()).isTrue();
        assertThat(ending.summary()).isEqualTo(new byte[] {'{', '}'});
        assertThat(batch.expiresAt()).isEqualTo(now().plus(RETENTION));
        assertThat(get(store().read(id, 0, ANY)).isLast()).isTrue();
        assertThat(get(store().read(id, 0, new Limit(1, Long.MAX_VALUE))).isLast())
                .isFalse();
    }

    @Test
    void whoRecordsIsToldWhenTheBatchIsToBeCancelled() {
        UUID id = create(null);
        store().cancel(id).block(SOON);

        assertThat(append(id, 1, landed(1, 1))).isEqualTo(Recording.CANCELLED);
        assertThat(append(id, 1, end(1))).isEqualTo(Recording.CANCELLED);
    }

    @Test
    void whoWaitsIsToldWhenAResultLandsThatItDoesNotHave() {
        UUID id = create(null);
        var told = new ArrayList<String>();
        store().changed(id, 0).subscribe(null, null, () -> told.add("first"));
        store().changed(id, 1).subscribe(null, null, () -> told.add("second"));
        store().changed(id, Long.MAX_VALUE).subscribe(null, null, () -> told.add("end"));
        store().changed(id, 0).subscribe(null, null, () -> told.add("left")).dispose();

        append(id, 1, landed(1, 1));
        store().changed(id, 0).block(SOON);
        await().until(() -> told.equals(List.of("first")));
        append(id, 1, landed(2, 2));
        await().until(() -> told.equals(List.of("first", "second")));
        append(id, 1, end(2));
        await().until(() -> told.equals(List.of("first", "second", "end")));
        store().changed(id, Long.MAX_VALUE).block(SOON);
    }

    @Test
    void theBatchThereIsIsNamedWhenItsKeyComesOnceMore() {
        var key = IdempotencyKey.of("alice", "k", new byte[] {1});
        UUID id = create(key);
        var other = UUID.randomUUID();

        assertThat(create(other, key)).isEqualTo(new Creation.Existing(id, key));
        assertThat(store().batch(other).blockOptional(SOON)).isEmpty();
        var changed = IdempotencyKey.of("alice", "k", new byte[] {2});
        assertThat(get(store().made(changed))).isEqualTo(new Creation.Existing(id, key));
        create(IdempotencyKey.of("bob", "k", new byte[] {1}));
        assertThat(store().made(IdempotencyKey.of("carol", "k", new byte[] {1})).blockOptional(SOON))
                .isEmpty();
    }

    @Test
    void aBatchIsForgottenWhenItsTimeIsOver() {
        var key = IdempotencyKey.of("alice", "k", new byte[] {1});
        UUID id = create(key);
        append(id, 1, end(0));

        pass(RETENTION.minusMillis(1));
        assertThat(store().reap().collectList().block(SOON)).isEmpty();
        assertThat(get(store().batch(id)).id()).isEqualTo(id);

        pass(Duration.ofMillis(1));
        assertThat(store().batch(id).blockOptional(SOON)).isEmpty();
        assertThat(store().read(id, 0, ANY).blockOptional(SOON)).isEmpty();
        assertThat(store().made(key).blockOptional(SOON)).isEmpty();
        assertThat(store().reap().collectList().block(SOON)).containsExactly(id);
        assertThat(store().reap().collectList().block(SOON)).isEmpty();
        create(key);
    }

    @Test
    void aKeyIsFreeWhenTheTimeOfItsBatchIsOver() {
        var key = IdempotencyKey.of("alice", "k", new byte[] {1});
        append(create(key), 1, end(0));
        pass(RETENTION);

        UUID id = create(key);

        store().reap().collectList().block(SOON);
        assertThat(get(store().made(key)).id()).isEqualTo(id);
    }
}
