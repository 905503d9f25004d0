package dev.muster.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.muster.request.BatchReader;
import dev.muster.request.DocumentMemory;
import dev.muster.request.Fault;
import dev.muster.request.InvalidBatchException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.json.JsonMapper;

class ProblemTest {

    @Test
    void writesItsMembers() {
        assertThat(json(Problem.of(HttpStatus.NOT_ACCEPTABLE, "not-acceptable", "Not acceptable", "say \"JSON\"")))
                .isEqualTo("{\"type\":\"urn:muster:problem:not-acceptable\",\"title\":\"Not acceptable\","
                        + "\"status\":406,\"detail\":\"say \\\"JSON\\\"\"}");
    }

    @Test
    void writesEveryFaultOfAnInvalidBatch() {
        assertThat(json(Problem.invalidBatch(
                        List.of(new Fault("#/requests/3/url", "is no URL"), new Fault("#/%C3%BC", "ü")))))
                .isEqualTo("{\"type\":\"urn:muster:problem:invalid-batch\",\"title\":\"Invalid batch\","
                        + "\"status\":400,\"detail\":\"2 faults\",\"errors\":["
                        + "{\"pointer\":\"#/requests/3/url\",\"detail\":\"is no URL\"},"
                        + "{\"pointer\":\"#/%C3%BC\",\"detail\":\"ü\"}]}");
    }

    @Test
    void countsASingleFaultInTheSingular() {
        assertThat(Problem.invalidBatch(List.of(new Fault("#", "x"))).detail()).isEqualTo("1 fault");
    }

    @Test
    void keepsWhenToTryAgainOutOfTheDocument() {
        Problem problem = Problem.overloaded("no room", Duration.ofSeconds(3));

        assertThat(problem.retryAfter()).isEqualTo(Duration.ofSeconds(3));
        assertThat(json(problem))
                .isEqualTo("{\"type\":\"urn:muster:problem:overloaded\",\"title\":\"Overloaded\",\"status\":503,"
                        + "\"detail\":\"no room\"}");
    }

    /// What the parser says repeats the document: here a surrogate in UTF-8, in a name, and controls.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "eda080",
                "7beda08022",
                "7b22eda080223a317d",
                "7b225c7564383030223a317d",
                "7b01",
                "7b2200",
                "c080",
                "ff"
            })
    void writesWhatIsWrongWithAnyDocument(String hex) {
        var reader = new BatchReader(10, Set.of());
        var refusal = Objects.requireNonNull(catchThrowableOfType(
                InvalidBatchException.class,
                () -> reader.read(HexFormat.of().parseHex(hex), DocumentMemory.UNCOUNTED)));

        var json = new JsonMapper().readTree(json(Problem.invalidBatch(refusal.faults())));

        assertThat(json.at("/errors")).hasSameSizeAs(refusal.faults());
    }

    private static String json(Problem problem) {
        return new String(problem.toJson(), StandardCharsets.UTF_8);
    }
}
