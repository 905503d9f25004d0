package dev.muster.answer;

import static dev.muster.answer.Outcomes.CALL;
import static dev.muster.answer.Outcomes.NOT_SENT;
import static dev.muster.answer.Outcomes.SENT;
import static dev.muster.answer.Outcomes.response;
import static dev.muster.answer.Outcomes.succeeded;
import static dev.muster.answer.Outcomes.succeededWith;
import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.CancelReason;
import dev.muster.outcome.FailureType;
import dev.muster.outcome.Phase;
import dev.muster.outcome.PhaseTimes;
import dev.muster.outcome.RejectionType;
import dev.muster.outcome.Trace;
import dev.muster.outcome.UpstreamResponse;
import dev.muster.plan.Deadline;
import dev.muster.plan.Layer;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

class ResultWriterTest {

    private static final String HEAD = "{\"id\":\"price\",\"index\":1,\"url\":\"http://pricing:8080/items/7\",";

    @Test
    void writesASuccess() {
        var headers = new LinkedHashMap<String, List<String>>();
        headers.put("content-type", List.of("application/json"));
        headers.put("set-cookie", List.of("a=1", "b=2"));

        assertThat(write(succeeded(response(200, headers, "{ \"stock\": 3 }"))))
                .isEqualTo(HEAD + "\"outcome\":\"succeeded\",\"status\":200,"
                        + "\"headers\":{\"content-type\":[\"application/json\"],\"set-cookie\":[\"a=1\",\"b=2\"]},"
                        + "\"body\":{ \"stock\": 3 },\"elapsedMs\":12.1,\"attempts\":1}");
    }

    @Test
    void writesWhereACallWasRedirectedTo() {
        var trace = new Trace(0, 1, true, List.of("http://a/1", "http://a/2"), PhaseTimes.NONE);

        assertThat(write(new CallOutcome.Succeeded(CALL, trace, response(204, Map.of(), ""))))
                .isEqualTo(HEAD + "\"outcome\":\"succeeded\",\"status\":204,\"headers\":{},"
                        + "\"elapsedMs\":0.0,\"attempts\":1,\"redirects\":[\"http://a/1\",\"http://a/2\"]}");
    }

    @Test
    void writesAFailureWithTheResponseThatCame() {
        Map<String, List<String>> headers = Map.of("content-type", List.of("text/plain"));

        assertThat(write(new CallOutcome.Failed(
                        CALL, SENT, FailureType.HTTP_STATUS, "status 503", response(503, headers, "no \"more\"\n"))))
                .isEqualTo(
                        HEAD + "\"outcome\":\"failed\",\"status\":503,\"headers\":{\"content-type\":[\"text/plain\"]},"
                                + "\"body\":\"no \\\"more\\\"\\n\",\"elapsedMs\":12.1,\"attempts\":1,"
                                + "\"error\":{\"type\":\"http-status\",\"sent\":true,\"detail\":\"status 503\"}}");
    }

    @Test
    void writesAFailureWhenNoResponseCame() {
        assertThat(write(new CallOutcome.Failed(CALL, SENT, FailureType.CONNECTION_RESET, "ended", null)))
                .isEqualTo(HEAD + "\"outcome\":\"failed\",\"elapsedMs\":12.1,\"attempts\":1,"
                        + "\"error\":{\"type\":\"connection-reset\",\"sent\":true,\"detail\":\"ended\"}}");
    }

    @ParameterizedTest
    @CsvSource({
        "ACQUIRE,  acquire,  no slot or connection",
        "CONNECT,  connect,  not connected",
        "RESPONSE, response, no response",
        "BODY,     body,     no complete response"
    })
    void writesATimeoutWithItsLayerAndPhase(Phase phase, String name, String missing) {
        var passed = new Deadline(0, Layer.REQUEST, Duration.ofMillis(40));

        assertThat(write(new CallOutcome.TimedOut(CALL, SENT, passed, phase)))
                .isEqualTo(HEAD + "\"outcome\":\"timed-out\",\"elapsedMs\":12.1,\"attempts\":1,"
                        + "\"error\":{\"type\":\"timeout\",\"layer\":\"request\",\"phase\":\"%s\",".formatted(name)
                        + "\"budgetMs\":40,\"sent\":true,\"detail\":\"%s within 40 ms\"}}".formatted(missing));
    }

    @Test
    void writesARejection() {
        assertThat(write(new CallOutcome.Rejected(CALL, NOT_SENT, RejectionType.EGRESS_DENIED, "port 22")))
                .isEqualTo(HEAD + "\"outcome\":\"rejected\",\"elapsedMs\":0.0,\"attempts\":0,"
                        + "\"error\":{\"type\":\"egress-denied\",\"sent\":false,\"detail\":\"port 22\"}}");
    }

    @ParameterizedTest
    @EnumSource(CancelReason.class)
    void writesACancellationWithItsReason(CancelReason reason) {
        assertThat(write(new CallOutcome.Cancelled(CALL, NOT_SENT, reason)))
                .startsWith(HEAD + "\"outcome\":\"cancelled\",\"elapsedMs\":0.0,\"attempts\":0,"
                        + "\"error\":{\"type\":\"%s\",\"sent\":false,\"detail\":\"".formatted(reason.wireName()))
                .endsWith("\"}}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{ \"b\" :1 ,\r\n\t\"a\": [ 1.10, 12345678901234567, 1E300 ]  }\r\n",
                "{\"a\": 1, \"a\": 2}",
                "\"a\\u00e9\\/\\n\u2028\u0085\"",
                "null",
                " 1 "
            })
    void splicesJsonByteForByteIntoADocument(String json) {
        assertThat(write(succeededWith(json))).contains("\"body\":" + json + ",\"elapsedMs\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", "\r\n", "\n\r\n"})
    void splicesJsonOnOneLineIntoAStream(String lineBreak) {
        String json = "{%s\"a\":%s[1.10, \"\\n\\r\"]%s}%s".replace("%s", lineBreak);

        assertThat(write(succeededWith(json), true))
                .doesNotContain("\n", "\r")
                .contains("\"body\":" + json.replaceAll("[\n\r]", " ") + ",\"elapsedMs\"");
    }

    @Test
    void leavesAResponseAsItIsWhenItIsWrittenOnOneLine() {
        var body = "[\n1]".getBytes(StandardCharsets.UTF_8);
        var outcome = succeeded(new UpstreamResponse(200, Map.of("content-type", List.of("application/json")), body));

        write(outcome, true);

        assertThat(write(outcome)).contains("\"body\":[\n1],");
    }

    @Test
    void writesTextOnOneLine() {
        Map<String, List<String>> headers = Map.of("content-type", List.of("text/plain"));
        String written = write(succeeded(response(200, headers, "a\r\nb\rc\u2028\uD83D\uDE00\u0000")), true);

        assertThat(written).doesNotContain("\n", "\r");
        assertThat(new JsonMapper().readTree(written).get("body").asString())
                .isEqualTo("a\r\nb\rc\u2028\uD83D\uDE00\u0000");
    }

    @Test
    void writesOtherBytesAsBase64() {
        assertThat(write(succeeded(new UpstreamResponse(200, Map.of(), new byte[] {0, -1, -2}))))
                .contains(",\"bodyBase64\":\"AP/+\",")
                .doesNotContain("\"body\":");
        assertThat(new JsonMapper()
                        .readTree(write(succeeded(new UpstreamResponse(200, Map.of(), new byte[1_000]))))
                        .get("bodyBase64")
                        .binaryValue())
                .hasSize(1_000);
    }

    @Test
    void writesNoBodyWhenThereIsNone() {
        assertThat(write(succeededWith(""))).doesNotContain("body");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection",
                "keep-alive",
                "Proxy-Authenticate",
                "proxy-connection",
                "TE",
                "trailer",
                "Transfer-Encoding",
                "upgrade"
            })
    void dropsAHeaderThatSpeaksOfTheConnection(String name) {
        Map<String, List<String>> headers = Map.of(name.toLowerCase(Locale.ROOT), List.of("x"), "x-kept", List.of("y"));

        assertThat(write(succeeded(response(200, headers, "")))).contains("\"headers\":{\"x-kept\":[\"y\"]},");
    }

    @Test
    void writesWhateverAHeaderHolds() {
        Map<String, List<String>> headers = Map.of("x\"", List.of("\"\u00fc\u0001\\"));

        assertThat(new JsonMapper()
                        .readTree(write(succeeded(response(200, headers, "")), true))
                        .at("/headers/x\"/0")
                        .asString())
                .isEqualTo("\"\u00fc\u0001\\");
    }

    private static String write(CallOutcome outcome) {
        return write(outcome, false);
    }

    private static String write(CallOutcome outcome, boolean onOneLine) {
        var out = new ByteArrayOutputStream();
        if (onOneLine) {
            Outcomes.WRITER.writeResult(out, outcome);
            return out.toString(StandardCharsets.UTF_8);
        }
        Outcomes.WRITER.writeBatch(out, Outcomes.summary(Outcomes.partial()), List.of(outcome));
        String document = out.toString(StandardCharsets.UTF_8);
        return document.substring(document.indexOf("\"results\":[") + 11, document.length() - 2);
    }
}
