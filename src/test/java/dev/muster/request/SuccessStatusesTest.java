package dev.muster.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SuccessStatusesTest {

    @Test
    void countsTwoAndThreeHundredsAsSuccessByDefault() {
        assertThat(IntStream.range(0, 1_000).filter(SuccessStatuses.DEFAULT::contains))
                .containsExactlyElementsOf(IntStream.range(200, 400).boxed().toList());
    }

    @Test
    void countsExactlyWhatIsNamed() {
        var statuses = SuccessStatuses.of(List.of("404", "1xx", "404", "599"));

        assertThat(IntStream.range(0, 1_000).filter(statuses::contains))
                .containsExactlyElementsOf(IntStream.concat(IntStream.range(100, 200), IntStream.of(404, 599))
                        .boxed()
                        .toList());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "2", "20", "2000", "2x", "20x", "2Xx", "2XX", "xxx", "0xx", "6xx", "099", "600", "-20", "2 0", "٢٠٠"
            })
    void refusesAWordThatNamesNoStatus(String word) {
        assertThat(SuccessStatuses.isValid(word)).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> SuccessStatuses.of(List.of(word)));
    }
}
