package dev.muster.demo;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPattern.PathMatchInfo;
import org.springframework.web.util.pattern.PathPatternParser;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/// The simulator's endpoints, in the manner of httpbin. Each takes any method, and `delay` as a query parameter.
///
/// What one request can ask for is bounded in time and bytes, but for `/hang`: it costs no more than the connection
/// that the client itself holds open.
final class Endpoints {

    private static final String SEEN = "/seen";
    private static final String UNKNOWN = "unknown";

    private static final int MOST_BYTES = 64 << 20;
    private static final int MOST_BOMB_MEGABYTES = 1 << 10;
    private static final int MOST_DRIPS = 10_000;
    private static final int MOST_FAILURES = 1_000;
    private static final int MOST_REDIRECTS = 50;

    /// What an answer that breaks off has promised; it sends half of it at most.
    private static final int BROKEN_OFF_BYTES = 1_000;

    private static final Set<Integer> WITHOUT_BODY = Set.of(204, 205, 304);
    private static final Set<Integer> WITH_LOCATION = Set.of(300, 301, 302, 303, 307, 308);
    private static final Set<Integer> WITH_RETRY_AFTER = Set.of(429, 503);

    private final Seen seen;
    private final Flakiness flakiness = new Flakiness();

    private final List<Endpoint> endpoints = List.of(
            endpoint("/", "", "this list; each of it takes delay=250ms as well", this::list),
            endpoint("/delay/{ms}", "", "small JSON after ms (at most 60 s)", this::delay),
            endpoint("/status/{code}", "", "any status from 200 to 599", this::status),
            endpoint("/bytes/{n}", "", "n bytes (at most 64 MB), byte i being i % 256", this::bytes),
            endpoint("/drip", "duration=2s&numbytes=10&code=200", "a body that trickles in byte by byte", this::drip),
            endpoint("/flaky", "key=K&failures=2&status=503", "failures first, then 200; or rate=0.3", this::flaky),
            endpoint("/json", "", "a document that is easily spoilt on the way", this::json),
            endpoint("/text", "charset=utf-8", "text in any charset", this::text),
            endpoint("/reset", "after=nothing|headers|body", "RST, at once, after headers or half a body", this::reset),
            endpoint("/hang", "after=nothing|headers|body", "silence, where /reset has its RST", this::hang),
            endpoint("/echo", "", "the request as JSON, up to 1 MB of its body", this::echo),
            endpoint("/redirect/{n}", "", "n redirects (at most 50) that end at /json", this::redirect),
            endpoint("/gzip", "", "/json, compressed", this::gzip),
            endpoint("/bomb", "mb=100", "gzip that inflates to mb (at most 1024) megabytes", this::bomb),
            endpoint("/endless", "", "a body without end, cut off after 60 s", this::endless),
            endpoint("/items/{id}", "service=inventory|pricing|reviews", "what a service knows of an item", this::item),
            endpoint(SEEN, "", "what this upstream saw of its clients; DELETE counts anew", this::seen));

    Endpoints(Seen seen) {
        this.seen = seen;
    }

    /// Answers one request, once its body has arrived. Every request is counted, but those that ask for the counts.
    Publisher<Void> answer(HttpServerRequest request, HttpServerResponse response) {
        Route route = route(request);
        if (!route.pattern.equals(SEEN)) {
            response.withConnection(
                    connection -> ClientConnection.of(connection.channel()).begin(route.pattern));
        }
        return Received.of(request)
                .map(received -> new ServerExchange(request, response, route.parameters, received))
                .flatMap(exchange -> answer(exchange, route.handler));
    }

    private static Mono<Void> answer(ServerExchange exchange, Handler handler) {
        return Mono.defer(() -> delayed(exchange.parameters().duration("delay", "0ms")))
                .then(Mono.defer(() -> Mono.from(handler.answer(exchange))))
                .onErrorResume(BadParameterException.class, fault -> Mono.from(exchange.json(400, fault.answer())));
    }

    private static Mono<Void> delayed(Duration delay) {
        // Without a delay the answer stays on the event loop.
        return delay.isZero() ? Mono.empty() : Mono.delay(delay).then();
    }

    private Route route(HttpServerRequest request) {
        try {
            QueryStringDecoder uri = new QueryStringDecoder(request.uri());
            PathContainer path = PathContainer.parsePath(uri.rawPath());
            Map<String, String> values = new HashMap<>();
            uri.parameters().forEach((name, all) -> values.put(name, all.getFirst()));
            for (Endpoint endpoint : endpoints) {
                PathMatchInfo match = endpoint.path.matchAndExtract(path);
                if (match != null) {
                    values.putAll(match.getUriVariables());
                    return new Route(endpoint.path.getPatternString(), endpoint.handler, new Parameters(values));
                }
            }
            return new Route(UNKNOWN, Endpoints::unknown, new Parameters(values));
        } catch (IllegalArgumentException malformed) {
            Handler refuse = exchange -> {
                throw new BadParameterException("uri", "percent-encoded throughout");
            };
            return new Route(UNKNOWN, refuse, new Parameters(Map.of()));
        }
    }

    private static Publisher<Void> unknown(ServerExchange exchange) {
        return exchange.json(404, new NotFound(404, "no such endpoint; / lists them"));
    }

    private Publisher<Void> list(ServerExchange exchange) {
        return exchange.json(endpoints.stream().map(Endpoint::listed).toList());
    }

    private Publisher<Void> delay(ServerExchange exchange) {
        Duration delay = exchange.parameters().duration("ms", null);
        return delayed(delay).then(Mono.defer(() -> Mono.from(exchange.json(new Delayed(delay.toMillis())))));
    }

    private Publisher<Void> status(ServerExchange exchange) {
        int code = exchange.parameters().number("code", 200, 599, null);
        if (WITHOUT_BODY.contains(code)) {
            return exchange.response().status(code).send();
        }
        if (WITH_RETRY_AFTER.contains(code)) {
            exchange.response().header(HttpHeaderNames.RETRY_AFTER, "1");
        }
        return WITH_LOCATION.contains(code) ? exchange.redirect(code, "/json") : exchange.json(code, new Status(code));
    }

    private Publisher<Void> bytes(ServerExchange exchange) {
        int count = exchange.parameters().number("n", 0, MOST_BYTES, null);
        return exchange.announced(count).send(Bodies.bytes(count));
    }

    private Publisher<Void> drip(ServerExchange exchange) {
        Duration duration = exchange.parameters().duration("duration", "2s");
        int count = exchange.parameters().number("numbytes", 1, MOST_DRIPS, "10");
        exchange.response().status(statusWithBody(exchange, "code", "200"));
        Duration period = Duration.ofNanos(Math.max(1, duration.toNanos() / count));
        // The clock does not wait for the client: what it does not take now is buffered, `count` bytes at most.
        Flux<ByteBuf> drops =
                Flux.interval(period).take(count).onBackpressureBuffer().map(tick -> Unpooled.copiedBuffer("*", UTF_8));
        return exchange.announced(count).send(drops, drop -> true);
    }

    private Publisher<Void> flaky(ServerExchange exchange) {
        Parameters parameters = exchange.parameters();
        String key = parameters.word("key", "default");
        int failures = parameters.number("failures", 0, MOST_FAILURES, "2");
        int failure = statusWithBody(exchange, "status", "503");
        boolean byChance = parameters.has("rate");
        double rate = byChance ? parameters.share("rate") : 0;
        int attempt = flakiness.attempt(key);
        boolean fails = byChance ? ThreadLocalRandom.current().nextDouble() < rate : attempt <= failures;
        int status = fails ? failure : 200;
        return exchange.json(status, new Flaky(status, key, attempt));
    }

    private Publisher<Void> json(ServerExchange exchange) {
        return exchange.whole("application/json", Bodies.JSON.getBytes(UTF_8));
    }

    private Publisher<Void> text(ServerExchange exchange) {
        Charset charset = exchange.parameters().charset("charset", "utf-8", Bodies.TEXT);
        String contentType = "text/plain; charset=" + charset.name().toLowerCase(Locale.ROOT);
        return exchange.whole(contentType, Bodies.TEXT.getBytes(charset));
    }

    private Publisher<Void> reset(ServerExchange exchange) {
        return brokenOff(exchange, exchange.reset());
    }

    private Publisher<Void> hang(ServerExchange exchange) {
        return brokenOff(exchange, Mono.never());
    }

    private static Publisher<Void> brokenOff(ServerExchange exchange, Mono<Void> end) {
        return switch (exchange.parameters().choice("after", After.class, After.NOTHING)) {
            case NOTHING -> end;
            case HEADERS -> exchange.announced(BROKEN_OFF_BYTES).sendHeaders().then(end);
            case BODY ->
                exchange.announced(BROKEN_OFF_BYTES)
                        .send(Bodies.bytes(BROKEN_OFF_BYTES / 2))
                        .then(end);
        };
    }

    private Publisher<Void> echo(ServerExchange exchange) {
        HttpServerRequest request = exchange.request();
        QueryStringDecoder uri = new QueryStringDecoder(request.uri());
        Map<String, List<String>> headers = new TreeMap<>();
        request.requestHeaders()
                .forEach(header -> headers.computeIfAbsent(
                                header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>())
                        .add(header.getValue()));
        Received received = exchange.received();
        byte[] body = received.kept();
        String text = textIn(body);
        String base64 = text == null ? Base64.getEncoder().encodeToString(body) : null;
        return exchange.json(new Echo(
                request.method().name(), uri.rawPath(), uri.parameters(), headers, text, base64, received.size()));
    }

    private static @Nullable String textIn(byte[] bytes) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }

    private Publisher<Void> redirect(ServerExchange exchange) {
        int left = exchange.parameters().number("n", 1, MOST_REDIRECTS, null) - 1;
        return exchange.redirect(302, left == 0 ? "/json" : "/redirect/" + left);
    }

    private Publisher<Void> gzip(ServerExchange exchange) {
        exchange.response().header(HttpHeaderNames.CONTENT_ENCODING, HttpHeaderValues.GZIP);
        return exchange.whole("application/json", Bodies.gzip(Bodies.JSON.getBytes(UTF_8)));
    }

    private Publisher<Void> bomb(ServerExchange exchange) {
        int megabytes = exchange.parameters().number("mb", 1, MOST_BOMB_MEGABYTES, "100");
        exchange.response().header(HttpHeaderNames.CONTENT_ENCODING, HttpHeaderValues.GZIP);
        return exchange.octets().send(Bodies.bomb(megabytes));
    }

    private Publisher<Void> endless(ServerExchange exchange) {
        return exchange.octets()
                .send(Bodies.endless().takeUntilOther(Mono.delay(Parameters.LONGEST)))
                .then(exchange.reset());
    }

    private Publisher<Void> item(ServerExchange exchange) {
        String id = exchange.parameters().word("id", null);
        return exchange.json(exchange.parameters()
                .choice("service", Items.class, Items.INVENTORY)
                .item(id));
    }

    private Publisher<Void> seen(ServerExchange exchange) {
        if (exchange.request().method().equals(HttpMethod.DELETE)) {
            seen.clear();
            return exchange.response().status(204).send();
        }
        return exchange.json(seen.snapshot());
    }

    private static int statusWithBody(ServerExchange exchange, String name, String fallback) {
        int code = exchange.parameters().number(name, 200, 599, fallback);
        if (WITHOUT_BODY.contains(code)) {
            throw new BadParameterException(name, "a status that has a body, so none of 204, 205 and 304");
        }
        return code;
    }

    private static Endpoint endpoint(String path, String query, String answers, Handler handler) {
        return new Endpoint(PathPatternParser.defaultInstance.parse(path), query, answers, handler);
    }

    @FunctionalInterface
    private interface Handler {
        Publisher<Void> answer(ServerExchange exchange);
    }

    private record Endpoint(PathPattern path, String query, String answers, Handler handler) {
        private Listed listed() {
            return new Listed(path.getPatternString(), query, answers);
        }
    }

    private record Route(String pattern, Handler handler, Parameters parameters) {}

    /// The point at which an answer breaks off.
    private enum After {
        NOTHING,
        HEADERS,
        BODY
    }

    private record Listed(String path, String query, String answers) {}

    private record NotFound(int status, String detail) {}

    private record Delayed(long delayedMs) {}

    private record Status(int status) {}

    private record Flaky(int status, String key, int attempt) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Echo(
            String method,
            String path,
            Map<String, List<String>> query,
            Map<String, List<String>> headers,
            @Nullable String body,
            @Nullable String bodyBase64,
            long bodySize) {}
}
