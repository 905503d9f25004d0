package client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.clients.GeneratedClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import muster.client.model.Batch;
import muster.client.model.BatchAnswer;
import muster.client.model.BatchFailedProblem;
import muster.client.model.BatchOutcome;
import muster.client.model.Call;
import muster.client.model.CallOutcome;
import muster.client.model.CallResult;
import muster.client.model.Fault;
import muster.client.model.InvalidBatchProblem;
import muster.client.model.Strategy;
import muster.client.model.Summary;
import muster.client.model.TimeoutLayer;
import muster.client.model.TimeoutPhase;

/// What is done with the generated model, whichever library sends and reads it.
public abstract class Client implements GeneratedClient {

    /// Any answer but 200, with its body decoded.
    static final class NotOk extends Exception {

        final int status;
        final transient Object problem;

        NotOk(int status, Object problem) {
            this.status = status;
            this.problem = problem;
        }
    }

    abstract BatchAnswer run(Batch batch) throws Exception;

    abstract void readEvents(Batch batch, Consumer<CallResult> results, Consumer<Summary> summary) throws Exception;

    abstract void readLines(Batch batch, Consumer<CallResult> results, Consumer<Summary> summary) throws Exception;

    static Class<?> problemOf(int status) {
        return status == 400 ? InvalidBatchProblem.class : BatchFailedProblem.class;
    }

    private static Call call(String id, String service, String path) {
        return new Call().id(id).service(service).path(path);
    }

    private static Batch batch(Call... calls) {
        return new Batch().requests(List.of(calls));
    }

    @Override
    public void runsEveryStrategy() throws Exception {
        var post = call("post", "c", "/echo").method("POST").putHeadersItem("x-tenant", List.of("a", "b")).body(Map.of("text", "hi"));
        var gathered = run(batch(call("get", "a", "/delay/5"), post).strategy(Strategy.GATHER));
        assertThat(gathered.getOutcome()).isEqualTo(BatchOutcome.COMPLETE);
        assertThat(gathered.getStrategy()).isEqualTo(Strategy.GATHER);
        assertThat(gathered.getCounts().getSucceeded()).isEqualTo(2);
        assertThat(gathered.getResults()).extracting(CallResult::getId).containsExactly("get", "post");
        assertThat(gathered.getResults().getFirst().getBody()).isEqualTo(Map.of("delayedMs", 5));
        assertThat((Map<?, ?>) gathered.getResults().getLast().getBody())
                .extracting("method", "body")
                .containsExactly("POST", "{\"text\":\"hi\"}");

        var completed = run(batch(call("slow", "a", "/delay/500"), call("fast", "a", "/delay/5"))
                .strategy(Strategy.AS_COMPLETED));
        assertThat(completed.getResults()).extracting(CallResult::getId).containsExactly("fast", "slow");

        var raced = run(batch(call("far", "a", "/hang"), call("near", "a", "/delay/5"))
                .strategy(Strategy.FIRST_COMPLETED));
        assertThat(raced.getWinner()).isEqualTo("near");
        assertThat(raced.getResults().getFirst().getError().getType()).isEqualTo("winner-found");

        var waited = run(batch(call("fast", "a", "/delay/5"), call("slow", "a", "/hang"))
                .strategy(Strategy.WAIT)
                .timeout("1s")
                .returnWhen(Batch.ReturnWhenEnum.ALL_COMPLETED)
                .pending(Batch.PendingEnum.CANCEL));
        assertThat(waited.getDone()).containsExactly("fast");
        assertThat(waited.getPending()).containsExactly("slow");
    }

    @Override
    public void decodesWhatIsLate() throws Exception {
        var partial = run(batch(call("ok", "a", "/delay/5"), call("late", "a", "/hang").timeout("60ms")));

        assertThat(partial.getOutcome()).isEqualTo(BatchOutcome.PARTIAL);
        var late = partial.getResults().getLast();
        assertThat(late.getOutcome()).isEqualTo(CallOutcome.TIMED_OUT);
        assertThat(late.getError().getLayer()).isEqualTo(TimeoutLayer.REQUEST);
        assertThat(late.getError().getPhase()).isEqualTo(TimeoutPhase.RESPONSE);
        assertThat(late.getError().getBudgetMs()).isEqualByComparingTo("60");
        assertThat(late.getError().getSent()).isTrue();
    }

    @Override
    public void decodesWhatHasFailed() {
        var failed = notOk(batch(call("broken", "c", "/status/503")).onFailure(Batch.OnFailureEnum.FAIL), 502);
        assertThat(failed.getBatch().getOutcome()).isEqualTo(BatchOutcome.FAILED);
        assertThat(failed.getBatch().getResults().getFirst().getStatus()).isEqualTo(503);

        var late = notOk(batch(call("price", "b", "/delay/200")), 504);
        assertThat(late.getBatch().getResults().getFirst().getError().getType()).isEqualTo("timeout");
        assertThat(late.getDetail()).contains("price");
    }

    private BatchFailedProblem notOk(Batch batch, int status) {
        var refusal = catchThrowableOfType(NotOk.class, () -> run(batch));
        assertThat(refusal.status).isEqualTo(status);
        return (BatchFailedProblem) refusal.problem;
    }

    @Override
    public void decodesFaults() {
        var wrong = batch(call("a", "c", "/status/200").redirects(99), call("a", "no-such-service", "/"));

        var refusal = catchThrowableOfType(NotOk.class, () -> run(wrong));

        assertThat(refusal.status).isEqualTo(400);
        assertThat(((InvalidBatchProblem) refusal.problem).getErrors())
                .extracting(Fault::getPointer)
                .contains("#/requests/0/redirects", "#/requests/1/id");
    }

    @Override
    public void readsStreams() throws Exception {
        Batch batch = batch(call("slow", "a", "/delay/500"), call("fast", "a", "/delay/5"))
                .strategy(Strategy.AS_COMPLETED);

        for (boolean events : new boolean[] {true, false}) {
            List<String> read = new ArrayList<>();
            Consumer<CallResult> results = result -> read.add(result.getId());
            Consumer<Summary> summary = end -> read.add(end.getOutcome().getValue());
            if (events) {
                readEvents(batch, results, summary);
            } else {
                readLines(batch, results, summary);
            }
            assertThat(read).containsExactly("fast", "slow", "complete");
        }
    }
}
