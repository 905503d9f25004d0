package dev.muster.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The fields of a batch whose calls come as lines.
class LineParametersTest {

    @Test
    void nothingIsRequired() {
        assertThat(LineParameters.read(Map.of()))
                .isEqualTo(new BatchRequest(
                        StrategyName.AS_COMPLETED,
                        null,
                        OnFailure.COLLECT,
                        null,
                        null,
                        Waiting.FOR_ALL,
                        AnswerShape.RESULTS,
                        List.of()));
    }

    @Test
    void eachIsRead() {
        assertThat(LineParameters.read(Map.of(
                        "strategy", List.of("gather"),
                        "timeout", List.of("10m"),
                        "concurrency", List.of("64"),
                        "onFailure", List.of("fail"))))
                .isEqualTo(new BatchRequest(
                        StrategyName.GATHER,
                        Duration.ofMinutes(10),
                        OnFailure.FAIL,
                        64,
                        null,
                        Waiting.FOR_ALL,
                        AnswerShape.RESULTS,
                        List.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "strategy, wait, must be as-completed or gather where calls come as lines",
        "strategy, first-completed, must be as-completed or gather where calls come as lines",
        "strategy, '', must be as-completed or gather where calls come as lines",
        "timeout, 0s, 'must be a positive duration such as 250ms, 2s or PT0.25S'",
        "timeout, soon, 'must be a positive duration such as 250ms, 2s or PT0.25S'",
        "concurrency, 0, must be a whole number of at least 1",
        "concurrency, 1.5, must be a whole number of at least 1",
        "concurrency, 99999999999, must be a whole number of at least 1",
        "onFailure, ignore, 'must be one of collect, fail'",
        "minSuccess, 1, 'unknown parameter: a batch that comes as lines has strategy, timeout, concurrency and onFailure'",
        "a/b, 1, 'unknown parameter: a batch that comes as lines has strategy, timeout, concurrency and onFailure'"
    })
    void whatIsWrongIsToldAtItsField(String name, String value, String detail) {
        assertFault(Map.of(name, List.of(value)), name.replace("/", "~1"), detail);
    }

    @Test
    void oneThatIsGivenTwiceIsAFault() {
        assertFault(Map.of("timeout", List.of("1s", "2s")), "timeout", "is given twice");
    }

    private static void assertFault(Map<String, List<String>> parameters, String field, String detail) {
        assertThatExceptionOfType(InvalidBatchException.class)
                .isThrownBy(() -> LineParameters.read(parameters))
                .satisfies(invalid -> assertThat(invalid.faults()).containsExactly(new Fault("#/" + field, detail)));
    }
}
