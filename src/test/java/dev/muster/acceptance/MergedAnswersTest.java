package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.test.context.TestPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Answers that have less of the upstreams' bodies, and those that are one document.
@TestPropertySource(properties = {"muster.services.tight.fallback.body={\"price\": null, \"x\": 1}"})
class MergedAnswersTest extends RunningMuster {

    private static final JsonMapper JSON = new JsonMapper();

    @ParameterizedTest
    @EnumSource
    void aCallKeepsWhatItPicks(Media media) {
        Reply reply = muster.post(
                Batch.gather(
                        Call.up("value", "/tricky-json").with("pick", "/deep/b"),
                        Call.up("members", "/tricky-json").with("pick", List.of("/deep/a", "/z")),
                        Call.up("renamed", "/tricky-json").with("pick", Map.of("least", "/deep/a")),
                        Call.up("nothing", "/ok").with("pick", "/none"),
                        Call.up("text", "/latin-text").with("pick", "/none")),
                media);

        assertThat(reply.slot("value").path("body").toString()).isEqualTo("0.30000000000000004");
        assertThat(reply.slot("members").path("body").propertyNames()).containsExactly("z", "deep");
        assertThat(reply.slot("members").at("/body/deep").propertyNames()).containsExactly("a");
        assertThat(reply.slot("renamed").path("body").propertyNames()).containsExactly("least");
        assertThat(reply.slot("nothing").has("body")).isFalse();
        assertThat(reply.slot("nothing").path("outcome").asString()).isEqualTo("succeeded");
        assertThat(reply.slot("text").path("body").asString()).isNotEmpty();
    }

    @Test
    void whatDidNotSucceedKeepsItsBodyAndWhatStandsInIsPickedFrom() {
        Reply reply = muster.post(Batch.gather(
                Call.up("failed", "/status/500").with("pick", "/none"),
                Call.to("tight", "/black-hole").with("id", "fallback").with("pick", List.of("/price"))));

        assertThat(reply.slot("failed").path("body").isMissingNode()).isFalse();
        assertThat(reply.slot("fallback").path("body").toString()).isEqualTo("{\"price\":null}");
    }

    @Test
    void whatACallIsMadeOfIsWhatTheOtherOneKept() {
        Reply reply = muster.post(Batch.gather(
                Call.up("kept", "/tricky-json").with("pick", Map.of("part", "/deep/b")),
                Call.up("made", "/ok?{kept#/body/part}"),
                Call.up("missed", "/ok?{kept#/body/deep/b}")));

        assertThat(upstream.exchanges("/ok?0.30000000000000004")).hasSize(1);
        assertThat(reply.error("missed").path("type").asString()).isEqualTo("dependency-failed");
    }

    static Stream<Arguments> strategies() {
        return Stream.of("gather", "as-completed", "wait").map(Arguments::of);
    }

    @ParameterizedTest
    @MethodSource("strategies")
    void bodiesAreOneDocumentByIdsInInputOrder(String strategy) {
        JsonNode answer = JSON.readTree(muster.post(Batch.of(
                                strategy,
                                List.of(
                                        Call.up("slow", "/delay/150"),
                                        Call.up("item", "/ok").with("pick", Map.of("fine", "/ok")),
                                        Call.up("gone", "/status/404"),
                                        Call.up("empty", "/status/204"),
                                        Call.up("text", "/latin-text"),
                                        Call.to("tight", "/black-hole").with("id", "late"),
                                        Call.url("http://192.168.0.1/")))
                        .with("answer", "bodies")
                        .json())
                .body());

        assertThat(answer.propertyNames()).containsExactly("id", "outcome", "bodies", "errors");
        assertThat(answer.path("outcome").asString()).isEqualTo("partial");
        assertThat(answer.path("bodies").propertyNames()).containsExactly("slow", "item", "empty", "text", "late");
        assertThat(answer.at("/bodies/item").toString()).isEqualTo("{\"fine\":true}");
        assertThat(answer.at("/bodies/text").asString()).isNotEmpty();
        assertThat(answer.at("/bodies/late/x").intValue()).isEqualTo(1);
        assertThat(answer.path("errors").propertyNames()).containsExactly("gone", "late", "6");
        assertThat(answer.at("/errors/gone/type").asString()).isEqualTo("http-status");
        assertThat(answer.at("/errors/late/type").asString()).isEqualTo("timeout");
        assertThat(answer.at("/errors/6/type").asString()).isEqualTo("egress-denied");
    }

    @Test
    void aRaceHasTheBodyOfItsWinner() {
        JsonNode answer = JSON.readTree(muster.post(
                        Batch.of("first-completed", List.of(Call.up("a", "/black-hole"), Call.up("b", "/ok")))
                                .with("answer", "bodies")
                                .json())
                .body());

        assertThat(answer.path("bodies").propertyNames()).containsExactly("b");
        assertThat(answer.at("/errors/a/type").asString()).isEqualTo("winner-found");
    }

    @Test
    void aBatchThatFailedHasTheMergedDocumentInItsProblem() {
        JsonNode problem = JSON.readTree(muster.post(Batch.gather(
                                Call.up("a", "/ok"), Call.up("b", "/status/500").with("required", true))
                        .with("answer", "bodies")
                        .json())
                .body());

        assertThat(problem.path("type").asString()).isEqualTo("urn:muster:problem:batch-failed");
        assertThat(problem.path("batch").propertyNames()).containsExactly("id", "outcome", "bodies", "errors");
    }

    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void streamsSendTheirResultsEitherWay(Media media) {
        Reply reply = muster.post(Batch.gather(Call.up("a", "/ok")).with("answer", "bodies"), media);

        assertEnded(reply, 1, "complete", 200);
    }
}
