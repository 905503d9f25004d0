package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.acceptance.Behaviour.Content;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/// Response bodies on their way through: unchanged where they are JSON, bounded whatever they are.
class BodiesTest extends RunningMuster {

    private static final int LIMIT = 1 << 20;

    @Test
    void jsonIsCarriedByteForByte() {
        var reply = muster.post(Batch.gather(Call.up("tricky", "/tricky-json")));

        assertEnded(reply, 1, "complete", 200);
        assertThat(reply.text()).contains(Content.TRICKY_JSON);
    }

    /// A stream frames its events with line ends, so white space between tokens may differ there, and nothing else.
    @ParameterizedTest
    @EnumSource(names = {"SSE", "NDJSON"})
    void jsonIsCarriedTokenForTokenInAStream(Media media) {
        var reply = muster.post(Batch.gather(Call.up("tricky", "/tricky-json"), Call.up("ok", "/ok")), media);

        assertEnded(reply, 2, "complete", 200);
        var event = EventStream.of(media, reply.text()).next().orElseThrow();
        assertThat(tokens(event.text())).containsSequence(tokens(Content.TRICKY_JSON));
    }

    @ParameterizedTest
    @EnumSource
    void jsonThatDoesNotParseIsText(Media media) {
        var reply = muster.post(Batch.gather(Call.up("invalid", "/invalid-json"), Call.up("ok", "/ok")), media);

        assertEnded(reply, 2, "complete", 200);
        assertThat(reply.slot("invalid").path("body").asString()).isEqualTo(Content.INVALID_JSON);
    }

    @ParameterizedTest
    @EnumSource
    void textIsReadInItsOwnCharset(Media media) {
        var slot =
                muster.post(Batch.gather(Call.up("text", "/latin-text")), media).slot("text");

        assertThat(slot.path("body").asString()).isEqualTo(Content.TEXT);
        assertThat(slot.has("bodyBase64")).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void anythingElseIsBase64(Media media) {
        var slot =
                muster.post(Batch.gather(Call.up("binary", "/binary")), media).slot("binary");

        assertThat(Base64.getDecoder().decode(slot.path("bodyBase64").asString()))
                .isEqualTo(Content.EVERY_BYTE);
        assertThat(slot.has("body")).isFalse();
    }

    @Test
    void bodyPassesWhenItIsAsLargeAsAllowed() {
        var slot =
                muster.post(Batch.gather(Call.up("full", "/octets/" + LIMIT))).slot("full");

        assertThat(Reply.describe(slot)).isEqualTo("succeeded");
        assertThat(Base64.getDecoder().decode(slot.path("bodyBase64").asString()))
                .hasSize(LIMIT);
    }

    @ParameterizedTest
    @EnumSource
    void callFailsAloneWhenItsBodyIsLargerThanAllowed(Media media) {
        var large = Call.up("large", "/octets/" + (LIMIT + 1));
        var reply = muster.post(Batch.gather(large, Call.up("ok", "/ok")), media);

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.slots()).containsExactly("large failed response-too-large", "ok succeeded");
    }

    @ParameterizedTest
    @EnumSource
    void limitHoldsForWhatABodyInflatesTo(Media media) {
        var reply = muster.post(Batch.gather(Call.up("bomb", "/gzip-bomb"), Call.up("ok", "/ok")), media);

        assertEnded(reply, 2, "partial", 200);
        assertThat(reply.slots()).containsExactly("bomb failed response-too-large", "ok succeeded");
    }

    @Test
    void upstreamIsLeftAsSoonAsItsBodyIsTooLarge() {
        var reply = muster.post(Batch.gather(Call.up("endless", "/endless-body")));

        assertThat(reply.slots()).containsExactly("endless failed response-too-large");
        upstream.awaitInFlight(0);
        assertThat(upstream.awaitExchange("/endless-body").closedByPeer()).isDone();
    }

    /// The tokens as they were written: numbers keep their digits, names their order and their duplicates.
    private static List<String> tokens(String json) {
        var tokens = new ArrayList<String>();
        try (var parser = new JsonMapper().createParser(json)) {
            for (var token = parser.nextToken(); token != null; token = parser.nextToken()) {
                tokens.add(token + " " + parser.getString());
            }
        }
        return tokens;
    }
}
