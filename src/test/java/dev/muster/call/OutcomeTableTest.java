package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CancelReason;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.RejectionType;
import dev.muster.request.WireName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The README's table of outcomes has every word that an answer may have, and the document of the API too.
class OutcomeTableTest {

    private static final Map<String, List<String>> ERRORS = Map.of(
            "failed", names(FailureType.values()),
            "timed-out", List.of("timeout"),
            "rejected", names(RejectionType.values()),
            "cancelled", names(CancelReason.values()));

    private static final Pattern CODE = Pattern.compile("`([a-z-]+)`");

    @Test
    void theReadmeNamesEveryErrorOfEveryOutcome() throws IOException {
        String readme = Files.readString(Path.of("README.md"));

        ERRORS.forEach((outcome, errors) ->
                assertThat(errorsInTable(readme, outcome)).as(outcome).containsExactlyInAnyOrderElementsOf(errors));
    }

    @Test
    void theDocumentOfTheApiNamesThemToo() throws IOException {
        String document = Files.readString(Path.of("src/main/resources/openapi.yaml"));

        ERRORS.values()
                .forEach(errors -> assertThat(errors)
                        .allSatisfy(error -> assertThat(document).contains("`" + error + "`")));
    }

    private static List<String> errorsInTable(String readme, String outcome) {
        String table = readme.substring(readme.indexOf("| outcome | means | `error.type` |"));
        String row = table.lines()
                .filter(line -> line.startsWith("| `" + outcome + "` |"))
                .findFirst()
                .orElseThrow();
        // What stands in parentheses explains.
        String errors = row.split("\\|", -1)[3].replaceAll("\\(.*?\\)", "");
        return CODE.matcher(errors)
                .results()
                .map((MatchResult found) -> found.group(1))
                .toList();
    }

    private static List<String> names(WireName[] values) {
        return Arrays.stream(values).map(WireName::wireName).toList();
    }
}
