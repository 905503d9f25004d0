package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/// Whatever a stranger sends, to any route by any port: it is no error of Muster's, and no more than a line of the log.
@Timeout(180)
class InputsTest {

    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    private static final List<String> PATHS = List.of(
            "/batches",
            "/",
            "/console.js",
            "/swagger-ui.html",
            "/v3/api-docs",
            "/v3/api-docs/swagger-config",
            "/actuator/health",
            "/nothing");

    private static final List<String> HEADER_PATHS = List.of("/batches", "/console.js", "/v3/api-docs");

    /// Targets that are no use to anybody; `?` ones go behind each path.
    private static final List<String> TARGETS = List.of(
            "/%",
            "/%zz",
            "/%00",
            "/a|b",
            "/\\..\\x",
            "/../../etc/passwd",
            "/..;/x",
            "//",
            "///x",
            "/;",
            "/;a=b;c",
            "/{a}",
            "/%ff%fe",
            "/%e1%bf%af",
            "/\u1fef",
            "/é",
            "*",
            "nothing",
            "http://",
            "http:///",
            "http://localhost",
            "http://[::1/",
            "/#x",
            "?",
            "?x",
            "?=",
            "?a={b}",
            "?%",
            "?%zz",
            "?a=%ff",
            "?access_token=",
            "?access_token=a&access_token=b",
            "?trace=true&errors=1",
            "?configUrl=http://evil.example");

    private static final List<String> HEADERS = Stream.of(
                    "X-API-Key:",
                    "X-API-Key:  ",
                    "X-API-Key: a|X-API-Key: b",
                    "X-API-Key: \u0080\u00ff",
                    "X-API-Key: a b",
                    "X-API-Key:\t",
                    "Authorization:",
                    "Authorization: Bearer",
                    "Authorization: Bearer ",
                    "Authorization: Bearer  ",
                    "Authorization: bearer a b",
                    "Authorization: Bearer =",
                    "Authorization: Bearer a.b.c",
                    "Authorization: Basic",
                    "Authorization: Basic !",
                    "Authorization: Basic Og==",
                    "Authorization: a|Authorization: b",
                    "Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.",
                    "Authorization: Bearer \u00e4",
                    "Accept:",
                    "Accept: junk",
                    "Accept: /",
                    "Accept: */;",
                    "Accept: a/b;q=x",
                    "Accept: text/html;q=2",
                    "Accept: ;;,,",
                    "Accept: text/plain;charset=nothing",
                    "Accept-Language: x_y;q=;",
                    "Accept-Language: *",
                    "Accept-Charset: nothing",
                    "Accept-Encoding: \"",
                    "Content-Type:",
                    "Content-Type: junk",
                    "Content-Type: application/json;charset=nothing",
                    "Content-Type: multipart/form-data",
                    "Content-Type: application/json;;;=",
                    "Content-Encoding: gzip",
                    "Content-Length: 1|Content-Length: 2",
                    "Content-Length: -1",
                    "Content-Length: x",
                    "Transfer-Encoding: junk",
                    "Transfer-Encoding: chunked|Content-Length: 3",
                    "If-None-Match:",
                    "If-None-Match: \"",
                    "If-None-Match: *",
                    "If-None-Match: W/",
                    "If-Match: x",
                    "If-Modified-Since: never",
                    "If-Modified-Since: -1",
                    "If-Unmodified-Since: x",
                    "Range: bytes=",
                    "Range: bytes=9-1",
                    "Range: bytes=999999999-",
                    "Range: junk",
                    "Range: bytes=0-0,1-1,2-2,0-",
                    "If-Range: x",
                    "Cookie: =",
                    "Cookie: a",
                    "Cookie: a=b;;c=\"",
                    "Forwarded: ",
                    "Forwarded: host=[",
                    "Forwarded: for=_;proto=x",
                    "X-Forwarded-Port: x",
                    "X-Forwarded-Port: 99999999999",
                    "X-Forwarded-Proto: \u00ff",
                    "X-Forwarded-Host: [",
                    "X-Forwarded-Prefix: {",
                    "X-Forwarded-For: x:y:z",
                    "X-Forwarded-Ssl: on",
                    "Origin: %",
                    "Origin: http://[",
                    "Access-Control-Request-Method: \u00e4|Origin: http://localhost",
                    "Access-Control-Request-Method: POST|Origin: http://localhost",
                    "traceparent: 00",
                    "traceparent: 00-00000000000000000000000000000000-0000000000000000-00",
                    "baggage: =",
                    "X-HTTP-Method-Override: x",
                    "X-Envoy-Expected-Rq-Timeout-Ms: x",
                    "X-Envoy-Expected-Rq-Timeout-Ms: 99999999999999999999",
                    "Expect: junk",
                    "Upgrade: h2c|Connection: Upgrade, HTTP2-Settings|HTTP2-Settings: !",
                    "Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Key: x|Sec-WebSocket-Version: 13",
                    "Connection: ,,",
                    "Content-Disposition: x",
                    "Date: x",
                    "Prefer: ;",
                    "Last-Event-ID: x")
            .toList();

    private static final List<String> METHODS = List.of(
            "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "get", "X-Y");

    private static Stream<String> requests() {
        String rest = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        var requests = new ArrayList<String>();
        for (String target : TARGETS) {
            List<String> targets = target.startsWith("?")
                    ? PATHS.stream().map(path -> path + target).toList()
                    : List.of(target);
            targets.forEach(each -> requests.add("GET " + each + rest + "\r\n"));
        }
        for (String path : PATHS) {
            METHODS.forEach(method -> requests.add(method + " " + path + rest + "Content-Length: 0\r\n\r\n"));
            for (String header : HEADER_PATHS.contains(path) ? HEADERS : List.<String>of()) {
                requests.add("GET " + path + rest + header.replace("|", "\r\n") + "\r\n\r\n");
                requests.add("POST " + path + rest
                        + (header.startsWith("Content-T") ? "" : "Content-Type: application/json\r\n")
                        + header.replace("|", "\r\n") + "\r\n"
                        + (header.contains("Content-Length") || header.startsWith("Transfer")
                                ? "\r\n0\r\n\r\n"
                                : "Content-Length: 2\r\n\r\n{}"));
            }
        }
        return requests.stream();
    }

    private static List<String> properties(int mode) {
        return List.of(
                        List.of("muster.gateway.request-timeout=200ms"),
                        List.of(
                                "muster.auth.mode=api-key",
                                "muster.auth.api-keys.alice=" + AuthenticationTest.sha256("alice")),
                        List.of(
                                "muster.auth.mode=jwt",
                                "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=http://127.0.0.1:"
                                        + FaultyUpstream.refusingPort()))
                .get(mode);
    }

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @Test
    void noInputIsAnErrorOfMustersOrFillsTheLog() {
        for (int mode : IntStream.range(0, 3).toArray()) {
            try (var muster = StartedMuster.with(properties(mode))) {
                lines.start();
                ROOT.addAppender(lines);
                requests().forEach(request -> assertHarmless(muster.port(), request, mode));
                if (mode == 0) {
                    requests().forEach(request -> assertHarmless(muster.managementPort(), request, mode));
                }
            }
        }
    }

    @AfterEach
    void hearNoMore() {
        ROOT.detachAppender(lines);
    }

    private void assertHarmless(int port, String request, int mode) {
        int logged = lines.list.size();
        String answer = answer(port, request);
        assertThat(answer).as(request).startsWith("HTTP/1.");
        String status = answer.substring(9, 12);
        // The issuer of the tokens does not answer.
        if (!(mode == 2 && status.equals("503"))) {
            assertThat(status).as("%s%n%s", request, answer).isLessThan("500");
        }
        if (status.startsWith("4") && !request.startsWith("HEAD ")) {
            assertThat(answer)
                    .as("%s%n%s", request, answer)
                    .containsIgnoringCase("content-type: application/problem+json");
        }
        assertThat(lines.list.subList(logged, lines.list.size()))
                .as(request)
                .hasSizeLessThanOrEqualTo(1)
                .allSatisfy(line -> {
                    assertThat(line.getThrowableProxy()).isNull();
                    assertThat(line.getFormattedMessage()).doesNotContain("\n");
                });
    }

    private static String answer(int port, String request) {
        try (var client = new RawClient(port)) {
            client.send(request);
            return client.rest();
        } catch (IOException e) {
            throw new AssertionError(request, e);
        }
    }
}
