package dev.muster.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A figure counts only where the answers are right.
final class Checks {

    private static final JsonMapper JSON = new JsonMapper();

    private Checks() {}

    /// Fails unless the batch was taken on and answered.
    static Client.Answer answered(Client.@Nullable Answer answer) {
        if (answer == null || answer.status() != 200) {
            throw new IllegalStateException("a batch was answered "
                    + (answer == null ? "not at all" : answer.status() + " " + new String(answer.body(), UTF_8)));
        }
        return answer;
    }

    /// Fails unless the batch has so many results that all succeeded.
    static void allSucceeded(Client.@Nullable Answer batch, int calls) {
        Client.Answer answer = answered(batch);
        int succeeded =
                JSON.readTree(answer.body()).path("counts").path("succeeded").intValue();
        if (succeeded != calls) {
            throw new IllegalStateException("%d of %d calls succeeded: %s"
                    .formatted(succeeded, calls, new String(answer.body(), UTF_8).substring(0, 400)));
        }
    }

    static JsonNode document(Client.Answer answer) {
        return JSON.readTree(answer.body());
    }

    /// Fails with what `problem` says unless `holds`.
    static void that(boolean holds, String problem) {
        if (!holds) {
            throw new IllegalStateException(problem);
        }
    }
}
