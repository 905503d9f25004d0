package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.client.HttpClient;

/// By which names Muster may be addressed, where nobody is asked who they are.
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostTest {

    private static final String[] PATHS = {
        "/", "/console.js", "/v3/api-docs", "/swagger-ui.html", "/batches", "/nothing"
    };

    private final StartedMuster muster = StartedMuster.with("server.http2.enabled=true");

    @AfterAll
    void stop() {
        muster.close();
    }

    private static String answer(int port, String request) throws IOException {
        try (var client = new RawClient(port)) {
            client.send(request.replace("|", "\r\n"));
            return client.readUntil("}");
        }
    }

    private static String status(int port, String request) throws IOException {
        return answer(port, request).substring("HTTP/1.1 ".length()).substring(0, 3);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            400; GET %s HTTP/1.1||
            400; GET %s HTTP/1.0||
            400; GET %s HTTP/1.1|Host:||
            400; GET %s HTTP/1.1|Host: localhost|Host: localhost||
            400; GET %s HTTP/1.1|Host: localhost|Host: evil.example||
            400; GET %s HTTP/1.1|Host: local host||
            400; GET %s HTTP/1.1|Host: localhost:99999||
            400; GET %s HTTP/1.1|Host: user@localhost||
            403; GET %s HTTP/1.1|Host: evil.example||
            403; GET %s HTTP/1.0|Host: evil.example||
            403; GET %s HTTP/1.1|Host: localhost.evil.example:8080||
            403; GET %s HTTP/1.1|Host: [::ffff:10.0.0.1]||
            403; GET http://evil.example%s HTTP/1.1|Host: localhost||
            403; GET http://localhost%s HTTP/1.1|Host: evil.example||
            400; GET http://user@localhost%s HTTP/1.1|Host: localhost||
            403; GET %s HTTP/1.1|Host: localhost|Origin: http://evil.example||
            403; GET %s HTTP/1.1|Host: localhost|Origin: null||
            403; GET %s HTTP/1.1|Host: localhost|Origin: http://localhost|Origin: http://evil.example||
            403; POST %s HTTP/1.1|Host: evil.example|Content-Length: 0||
            403; OPTIONS %s HTTP/1.1|Host: evil.example|Origin: http://evil.example|Access-Control-Request-Method: POST||
            """)
    void whoAddressesAnotherIsRefusedEverywhere(String status, String request) throws IOException {
        for (String path : PATHS) {
            String answer = answer(muster.port(), request.formatted(path));
            assertThat(answer)
                    .as(path)
                    .matches("(?s)HTTP/1\\.[01] %s .*".formatted(status))
                    .contains("Content-Type: application/problem+json", "frame-ancestors");
        }
        assertThat(status(muster.managementPort(), request.formatted("/actuator/health")))
                .isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            GET %s HTTP/1.1|Host: localhost||
            GET %s HTTP/1.0|Host: LOCALHOST.:8080||
            GET %s HTTP/1.1|Host: 127.0.0.1:1||
            GET %s HTTP/1.1|Host: [::1]:8080||
            GET http://127.0.0.1%s HTTP/1.1|Host: localhost||
            GET %s HTTP/1.1|Host: localhost|Origin: http://[::1]:3000||
            GET %s HTTP/1.1|Host: localhost|X-Forwarded-Host: evil.example|Forwarded: host=evil.example||
            """)
    void whoAddressesLoopbackIsNot(String request) throws IOException {
        assertThat(status(muster.port(), request.formatted("/v3/api-docs/swagger-config")))
                .isEqualTo("200");
        assertThat(status(muster.managementPort(), request.formatted("/actuator/health")))
                .isEqualTo("200");
    }

    @ParameterizedTest
    @CsvSource({"localhost, 200", "127.0.0.1:80, 200", "evil.example, 403", "localhost.evil.example:8080, 403"})
    void theAuthorityOfHttp2IsJudgedAlike(String authority, int status) {
        var client = HttpClient.newConnection()
                .protocol(HttpProtocol.H2C)
                .headers(headers -> headers.set("Host", authority));

        assertThat(client.get()
                        .uri("http://127.0.0.1:%d/v3/api-docs/swagger-config".formatted(muster.port()))
                        .response()
                        .map(response -> response.status().code())
                        .block())
                .isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v3/api-docs/swagger-config", "/v3/api-docs", "/swagger-ui/swagger-initializer.js"})
    void noDocumentRepeatsWhomARequestAddresses(String path) throws IOException {
        try (var client = new RawClient(muster.port())) {
            client.send("""
                    GET %s HTTP/1.1
                    Host: told.localhost:1234
                    X-Forwarded-Host: told.example
                    X-Forwarded-Port: none
                    Connection: close

                    """.formatted(path).replace("\n", "\r\n"));

            assertThat(client.rest()).contains("HTTP/1.1 200").doesNotContain("told.", "1234");
        }
    }

    @Test
    void configuredNamesAreAllowed() throws IOException {
        try (var named = StartedMuster.with("muster.auth.allowed-hosts=muster.example,*.dev.example")) {
            for (String host : List.of("muster.example", "a.dev.example:8080", "localhost")) {
                assertThat(status(
                                named.port(),
                                "GET /nothing HTTP/1.1|Host: %s|Origin: https://%s||".formatted(host, host)))
                        .isEqualTo("404");
            }
            assertThat(status(named.port(), "GET /nothing HTTP/1.1|Host: evil.example||"))
                    .isEqualTo("403");
        }
    }

    static Stream<List<String>> whereAnyNameIsAllowed() {
        return Stream.of(
                List.of("server.address=0.0.0.0", "muster.auth.mode=none", "management.server.address=0.0.0.0"),
                List.of(
                        "muster.auth.mode=api-key",
                        "muster.auth.api-keys.alice=" + AuthenticationTest.sha256("alice"),
                        "management.server.address=0.0.0.0"));
    }

    @ParameterizedTest
    @MethodSource("whereAnyNameIsAllowed")
    void whereOthersMayComeOrEverybodyIsAskedAnyNameIsAllowed(List<String> properties) throws IOException {
        try (var open = StartedMuster.with(properties)) {
            String request =
                    "GET %s HTTP/1.1|Host: muster.example|Origin: http://other.example|Authorization: Bearer alice||";

            assertThat(status(open.port(), request.formatted("/nothing"))).isEqualTo("404");
            assertThat(status(open.managementPort(), request.formatted("/actuator/health")))
                    .isEqualTo("200");
            assertThat(status(open.port(), "GET /nothing HTTP/1.1|Authorization: Bearer alice||"))
                    .isEqualTo("400");
        }
    }
}
