package dev.muster.answer;

import static dev.muster.answer.Outcomes.partial;
import static dev.muster.answer.Outcomes.succeededWith;
import static dev.muster.answer.Outcomes.summary;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.strategy.BatchOutcome;
import dev.muster.strategy.Verdict;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class BatchWriterTest {

    private static final String SUMMARY = "\"id\":\"0198c0f2-0000-7000-8000-000000000001\",\"strategy\":\"gather\","
            + "\"outcome\":\"partial\",\"elapsedMs\":52.4,"
            + "\"counts\":{\"succeeded\":1,\"failed\":2,\"timedOut\":3,\"rejected\":4,\"cancelled\":5,\"pending\":0}";

    @Test
    void writesABatchWithItsResultsInTheOrderGiven() {
        var out = new ByteArrayOutputStream();

        Outcomes.WRITER.writeBatch(out, summary(partial()), List.of(succeededWith("1"), succeededWith("{\n}")));

        var json = new JsonMapper().readTree(out.toByteArray());
        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("{" + SUMMARY + ",\"results\":[{\"id\":\"price\",")
                .contains("\"body\":1,", "\"body\":{\n},")
                .endsWith("}]}");
        assertThat(json.at("/results/0/body").intValue()).isEqualTo(1);
        assertThat(json.at("/results/1/body").isObject()).isTrue();
    }

    @Test
    void writesWhatOnlySomeStrategiesHaveToSay() {
        var verdict = new Verdict(BatchOutcome.PARTIAL, null, false, "w", List.of("a", "b"), List.of());
        var out = new ByteArrayOutputStream();

        BatchWriter.writeSummary(out, summary(verdict));

        assertThat(out.toString(StandardCharsets.UTF_8))
                .isEqualTo("{" + SUMMARY + ",\"winner\":\"w\",\"done\":[\"a\",\"b\"],\"pending\":[]}");
    }

    @Test
    void writesAProblemWithTheBatch() {
        var out = new ByteArrayOutputStream();

        Outcomes.WRITER.writeProblem(
                out,
                json -> json.writeStringProperty("type", "urn:x"),
                summary(partial()),
                List.of(succeededWith("{\"a\": 1}")));

        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("{\"type\":\"urn:x\",\"batch\":{" + SUMMARY + ",\"results\":[{")
                .contains("\"body\":{\"a\": 1},")
                .endsWith("}]}}");
        assertThat(new JsonMapper().readTree(out.toByteArray()).propertyNames()).containsExactly("type", "batch");
    }

    @ParameterizedTest
    @CsvSource({"0, 0.0", "49999, 0.0", "50000, 0.1", "1000000, 1.0", "12149999, 12.1", "3600000000000, 3600000.0"})
    void writesTimesInMillisecondsWithOneDecimal(long nanos, double millis) {
        assertThat(BatchWriter.millis(nanos)).isEqualTo(millis);
    }
}
