package dev.muster.web;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.http.MediaType;

class NegotiationTest {

    private static final List<MediaType> OFFERED =
            List.of(MediaType.APPLICATION_JSON, MediaType.TEXT_EVENT_STREAM, MediaType.APPLICATION_NDJSON);

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "none", textBlock = """
            */*                                                          | application/json
            application/json                                             | application/json
            APPLICATION/JSON                                             | application/json
            application/json;charset=utf-8                               | application/json
            text/event-stream                                            | text/event-stream
            application/x-ndjson                                         | application/x-ndjson
            text/*                                                       | text/event-stream
            application/*                                                | application/json
            text/html, application/xhtml+xml, */*;q=0.8                  | application/json
            text/event-stream, */*;q=0.1                                 | text/event-stream
            */*, application/json;q=0.5                                  | text/event-stream
            */*;q=0.9, application/json;q=0.5, text/*;q=0.4              | application/x-ndjson
            application/*;q=0.2, application/x-ndjson;q=0.3              | application/x-ndjson
            application/json;q=0.5, text/event-stream;q=0.501            | text/event-stream
            text/event-stream, application/json                          | application/json
            application/x-ndjson, text/event-stream                      | text/event-stream
            application/json;q=0, */*                                    | text/event-stream
            application/*;q=0, */*                                       | text/event-stream
            */*;q=0, application/x-ndjson                                | application/x-ndjson
            application/json;q=0.001                                     | application/json
            application/json;q=0                                         | none
            */*;q=0                                                      | none
            text/html                                                    | none
            text/plain, application/xml;q=0.9                            | none
            application/*+json                                           | none
            application/problem+json                                     | none
            """)
    void choosesWhatTheClientLikesBest(String accept, @Nullable String chosen) {
        MediaType mediaType = Negotiation.choose(MediaType.parseMediaTypes(accept), OFFERED);

        assertThat(mediaType).isEqualTo(chosen == null ? null : MediaType.parseMediaType(chosen));
    }

    @Test
    void choosesTheFirstWhenTheClientSaysNothing() {
        assertThat(Negotiation.choose(List.of(), OFFERED)).isEqualTo(MediaType.APPLICATION_JSON);
    }
}
