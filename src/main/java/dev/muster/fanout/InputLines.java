package dev.muster.fanout;

import dev.muster.admission.LineAdmission;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.InvalidCall;
import dev.muster.outcome.Result;
import dev.muster.plan.CallPlan;
import dev.muster.plan.CallPlanner;
import dev.muster.request.InputLine;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// The lines of one batch without end on their way to being calls.
///
/// Each is read when its caller's rate allows it, and the one before has its slot and room for its response, or waits
/// for its host. Whatever a line waits for here, its time does not run.
final class InputLines {

    private final Flux<InputLine> lines;
    private final CallPlanner planner;
    private final LineAdmission admission;
    private final TimerClock clock;
    private final Sinks.Empty<Void> stop = Sinks.empty();
    private volatile long read;
    private volatile boolean atEnd;

    InputLines(Flux<InputLine> lines, CallPlanner planner, LineAdmission admission, TimerClock clock) {
        this.lines = lines;
        this.planner = planner;
        this.admission = admission;
        this.clock = clock;
    }

    /// Their calls, which are calls of `batch`, until they end or are stopped.
    Flux<Mono<Result>> calls(BatchRun batch) {
        return lines.doOnComplete(() -> atEnd = true)
                // What does not come whole, comes from a client that is gone.
                .doOnError(_ -> batch.cancel(CancelReason.CLIENT_CANCELLED))
                .onErrorComplete()
                .concatMap(line -> call(line, batch), 0)
                .takeUntilOther(stop.asMono());
    }

    private Flux<Mono<Result>> call(InputLine line, BatchRun batch) {
        return switch (line) {
            case InputLine.Silent _ -> {
                read = line.number();
                yield Flux.empty();
            }
            case InputLine.Invalid(long number, int index, var faults) -> {
                read = number;
                yield Flux.just(batch.invalid(new InvalidCall(index, number, faults)));
            }
            case InputLine.Call call -> rate().thenMany(Flux.defer(() -> begin(call, batch)));
        };
    }

    private Mono<Void> rate() {
        return Mono.defer(() -> {
            long nanos = admission.takeOne();
            return nanos == 0
                    ? Mono.empty()
                    : Mono.delay(Duration.ofNanos(nanos), clock.timer()).then(rate());
        });
    }

    /// It is no call before somebody asks for its outcome: between here and there, reading may be stopped.
    private Flux<Mono<Result>> begin(InputLine.Call line, BatchRun batch) {
        var through = Sinks.<Void>empty();
        Mono<Result> call = Mono.defer(() -> {
            read = line.number();
            CallPlan plan = planner.plan(line.request(), line.index());
            return batch.open(new LineRun(plan, batch, admission, line.bytes(), through))
                    .asMono()
                    .map(Result.class::cast);
        });
        return Flux.just(call).concatWith(through.asMono().then(Mono.empty()));
    }

    /// No line is read any more.
    void stop() {
        stop.tryEmitEmpty();
    }

    /// How many have been read: each of them has a result, unless it asks for none.
    long read() {
        return read;
    }

    /// Whether there are no more.
    boolean atEnd() {
        return atEnd;
    }
}
