package dev.muster.acceptance;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/// What a [FaultyUpstream] does with a request. A path names it in lower case, and arguments follow:
/// `/delay/100` is [#DELAY] by 100 ms.
enum Behaviour {
    /// `/ok`: 200 and a small JSON object.
    OK(exchange -> exchange.respond(200, Content.OK, Content.JSON)),
    /// `/status/404`: that status and a small JSON object.
    STATUS(exchange -> exchange.respond(
            exchange.number(1, 200),
            "{\"reason\":\"asked for\"}".getBytes(UTF_8),
            Content.JSON,
            "x-reason: asked-for")),
    /// `/delay/100` or `/delay/100/503`: like `/ok` or `/status/503`, so many milliseconds later.
    DELAY(exchange -> {
        exchange.pause(Duration.ofMillis(exchange.number(1, 0)));
        exchange.respond(exchange.number(2, 200), Content.OK, Content.JSON);
    }),
    /// `/hold`: like `/ok`, when the test says so.
    HOLD(exchange -> {
        exchange.hold();
        exchange.respond(200, Content.OK, Content.JSON);
    }),
    /// `/redirect/3`: three redirects, then `/ok`.
    REDIRECT(exchange -> {
        var left = exchange.number(1, 1) - 1;
        exchange.respond(302, Content.OK, "location: " + (left == 0 ? "/ok?landed" : "/redirect/" + left));
    }),
    /// `/redirect-to?URL`: one redirect to anywhere.
    REDIRECT_TO(exchange -> exchange.respond(302, Content.OK, "location: " + exchange.query())),
    /// `/redirect-loop`: a redirect to itself.
    REDIRECT_LOOP(exchange -> exchange.respond(302, Content.OK, "location: " + exchange.target())),

    /// `/tricky-json`: JSON that a careless reader rounds, reorders, merges or reformats.
    TRICKY_JSON(exchange -> exchange.respond(200, Content.TRICKY_JSON.getBytes(UTF_8), Content.JSON)),
    /// `/invalid-json`: labelled JSON, and is not.
    INVALID_JSON(exchange -> exchange.respond(200, Content.INVALID_JSON.getBytes(UTF_8), Content.JSON)),
    /// `/latin-text`: text in ISO-8859-1.
    LATIN_TEXT(exchange ->
            exchange.respond(200, Content.TEXT.getBytes(ISO_8859_1), "content-type: text/plain;charset=ISO-8859-1")),
    /// `/binary`: every byte there is.
    BINARY(exchange -> exchange.respond(200, Content.EVERY_BYTE, Content.OCTETS)),
    /// `/labelled`: like `/ok`, with headers for the browser, for the connection, and for insiders.
    LABELLED(exchange -> exchange.respond(
            200,
            Content.OK,
            Content.JSON,
            "set-cookie: session=secret",
            "x-internal: build 7",
            "connection: keep-alive, X-Hop",
            "keep-alive: timeout=5",
            "x-hop: this connection's",
            "x-kept: kept")),
    /// `/octets/1000`: that many bytes.
    OCTETS(exchange -> exchange.respond(200, new byte[exchange.number(1, 0)], Content.OCTETS)),
    /// `/gzip-bomb`: a small response that inflates to [Content#BOMB_SIZE] bytes.
    GZIP_BOMB(exchange -> exchange.respond(200, Content.BOMB, Content.OCTETS, "content-encoding: gzip")),
    /// `/endless-body`: bytes without end, as fast as they are read.
    ENDLESS_BODY(exchange -> {
        exchange.write(Exchange.head(200, Content.OCTETS) + "\r\n");
        while (true) {
            exchange.write("", Content.BLOCK);
        }
    }),

    /// `/black-hole`: reads the request and never answers.
    BLACK_HOLE(Exchange::hang),
    /// `/slow-headers`: one byte of the response's head every 20 ms.
    SLOW_HEADERS(exchange -> {
        for (var octet : Exchange.head(200, Content.JSON).repeat(100).getBytes(ISO_8859_1)) {
            exchange.write("", new byte[] {octet});
            exchange.pause(Content.DRIP);
        }
    }),
    /// `/slow-body`: one byte of an endless body every 20 ms.
    SLOW_BODY(exchange -> {
        exchange.write(Exchange.head(200, Content.OCTETS, "transfer-encoding: chunked") + "\r\n");
        while (true) {
            exchange.write("1\r\n.\r\n");
            exchange.pause(Content.DRIP);
        }
    }),
    /// `/interim-storm`: `100` and `103` responses without end.
    INTERIM_STORM(exchange -> {
        while (true) {
            exchange.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </style>\r\n\r\n");
            exchange.pause(Duration.ofMillis(1));
        }
    }),

    /// `/reset-before-headers`: a TCP reset instead of a response.
    RESET_BEFORE_HEADERS(Exchange::reset),
    /// `/reset-after-headers`: a complete head that promises a body, then a TCP reset.
    RESET_AFTER_HEADERS(exchange -> {
        exchange.write(Exchange.head(200, Content.JSON, "content-length: 100") + "\r\n");
        exchange.pause(Content.DRIP);
        exchange.reset();
    }),
    /// `/reset-in-body`: a part of the promised body, then a TCP reset.
    RESET_IN_BODY(exchange -> {
        exchange.write(Exchange.head(200, Content.JSON, "content-length: 100") + "\r\n", Content.OK);
        exchange.pause(Content.DRIP);
        exchange.reset();
    }),
    /// `/truncated-body`: a part of the promised body, then an orderly close.
    TRUNCATED_BODY(exchange -> {
        exchange.write(Exchange.head(200, Content.JSON, "content-length: 100") + "\r\n", Content.OK);
        exchange.close();
    }),
    /// `/excess-body`: more than the declared length, and the excess is a response nobody asked for.
    EXCESS_BODY(exchange -> {
        var declared = Exchange.head(200, Content.JSON, "content-length: 4") + "\r\ntrue";
        var forged = Exchange.head(200, Content.JSON, "content-length: 8") + "\r\n\"forged\"";
        exchange.write(declared + forged);
    }),
    /// `/garbage`: bytes that are no HTTP.
    GARBAGE(exchange -> {
        exchange.write("\u0000\u0001\u0002 this is no HTTP at all\r\n\r\n");
        exchange.close();
    }),
    /// `/huge-headers`: 2 MB of headers.
    HUGE_HEADERS(exchange -> exchange.respond(
            200, Content.OK, Content.JSON, "x-huge: h\r\n".repeat(200_000).strip())),

    /// Any other path: 404.
    UNKNOWN(exchange -> exchange.respond(404, Content.OK, Content.JSON));

    @SuppressWarnings("ImmutableEnumChecker") // the scripts capture nothing
    private final Script script;

    Behaviour(Script script) {
        this.script = script;
    }

    /// The behaviour that a request's path names.
    static Behaviour of(Exchange exchange) {
        var name = "/" + exchange.segment(0, "");
        return Arrays.stream(values())
                .filter(behaviour -> behaviour.path().equals(name))
                .findFirst()
                .orElse(UNKNOWN);
    }

    String path() {
        return "/" + name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// @throws IOException when the peer closed the connection
    void answer(Exchange exchange) throws IOException {
        script.play(exchange);
    }

    @FunctionalInterface
    private interface Script {
        void play(Exchange exchange) throws IOException;
    }

    /// What the answers contain.
    static final class Content {

        static final String TRICKY_JSON = "{ \"z\" : 12345678901234567,\n\t\"price\":1.10, \"price\" : 1e2 ,\r\n"
                + "  \"a\":[ ] , \"escaped\":\"\\u00e9\\/ \\n\", \"deep\" : { \"b\":0.30000000000000004,\"a\":-0 } }";
        /// Spliced as it stands it would close its slot and forge another.
        static final String INVALID_JSON = "true}, {\"id\": \"forged\", \"outcome\": \"succeeded\", \"body\": true";
        static final String TEXT = "Grüße, ça va?";
        static final byte[] EVERY_BYTE = everyByte();
        static final int BOMB_SIZE = 32 << 20;

        private static final String JSON = "content-type: application/json";
        private static final String OCTETS = "content-type: application/octet-stream";
        private static final byte[] OK = "{\"ok\":true}".getBytes(UTF_8);
        private static final byte[] BLOCK = new byte[64 << 10];
        private static final byte[] BOMB = gzip(new byte[BOMB_SIZE]);
        private static final Duration DRIP = Duration.ofMillis(20);

        private Content() {}

        private static byte[] everyByte() {
            var bytes = new byte[256];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) i;
            }
            return bytes;
        }

        private static byte[] gzip(byte[] content) {
            var compressed = new ByteArrayOutputStream();
            try (var gzip = new GZIPOutputStream(compressed)) {
                gzip.write(content);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return compressed.toByteArray();
        }
    }
}
