package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.web.reactive.function.server.support.RouterFunctionMapping;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Who gets what: by every port that listens, every route that there is, in every way of telling callers, with and
/// without the ahead-of-time start.
@Timeout(300)
class PortsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String KEY = "alice-1";
    private static final X509Bundle AUTHORITY = authority();
    private static final TokenIssuer ISSUER = TokenIssuer.start();

    private static final List<String> DOCUMENTS = List.of(
            "/",
            "/swagger-ui.html",
            "/swagger-ui/index.html",
            "/swagger-ui/swagger-initializer.js",
            "/webjars/swagger-ui/index.html",
            "/v3/api-docs",
            "/v3/api-docs.yaml",
            "/v3/api-docs/swagger-config");
    private static final List<String> ENDPOINTS = List.of(
            "/actuator",
            "/actuator/health",
            "/actuator/health/liveness",
            "/actuator/health/readiness",
            "/actuator/health/serving",
            "/actuator/info",
            "/actuator/prometheus",
            "/actuator/musterservices");
    /// `/batches`, spelled otherwise.
    private static final String SPELLED = "/%62atches";

    /// Where batches are that outlive their request; there is none of that id.
    private static final List<String> DETACHED = List.of(
            "/batches/0198c0f2-6a1e-7c3b-9d54-2f1b8e6a7c01", "/batches/0198c0f2-6a1e-7c3b-9d54-2f1b8e6a7c01/results");

    private static final List<String> NOTHING = List.of(
            "/nothing",
            "/batches/1",
            "/batches/",
            "//batches",
            "/views/",
            "/views/none/more",
            "//views",
            "/actuator/env",
            "/actuator/heapdump",
            "/actuator/shutdown",
            "/actuator/loggers",
            "/actuator/nothing",
            "/actuator/health/../../batches",
            "/actuator;a=b/../batches");

    @TempDir
    private static Path directory = Path.of("");

    private static List<String> files = List.of();

    enum Mode {
        NONE,
        API_KEY,
        JWT,
        MUTUAL_TLS;

        List<String> properties() {
            return switch (this) {
                case NONE -> List.of("muster.auth.mode=none");
                case API_KEY ->
                    List.of("muster.auth.mode=api-key", "muster.auth.api-keys.alice=" + AuthenticationTest.sha256(KEY));
                case JWT ->
                    List.of(
                            "muster.auth.mode=jwt",
                            "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=" + ISSUER.url("/keys"));
                case MUTUAL_TLS ->
                    List.of(
                            "spring.ssl.bundle.pem.inbound.keystore.certificate=file:" + directory.resolve("crt"),
                            "spring.ssl.bundle.pem.inbound.keystore.private-key=file:" + directory.resolve("key"),
                            "spring.ssl.bundle.pem.inbound.truststore.certificate=file:" + directory.resolve("ca"),
                            "server.ssl.bundle=inbound",
                            "server.ssl.client-auth=need");
            };
        }

        /// Whether each request is asked for credentials of its own.
        boolean asks() {
            return this == API_KEY || this == JWT;
        }

        String credentials() {
            return this == JWT ? ISSUER.token(TokenIssuer.claims("alice")) : KEY;
        }
    }

    @BeforeAll
    static void prepare() throws Exception {
        X509Bundle own = new CertificateBuilder()
                .subject("CN=muster")
                .addSanIpAddress("127.0.0.1")
                .ecp256()
                .buildIssuedBy(AUTHORITY);
        Files.writeString(directory.resolve("crt"), own.getCertificatePathPEM());
        Files.writeString(directory.resolve("key"), own.getPrivateKeyPEM());
        Files.writeString(directory.resolve("ca"), AUTHORITY.getCertificatePEM());
        files = Stream.of(new PathMatchingResourcePatternResolver().getResources("classpath:/static/*"))
                .map(Resource::getFilename)
                .map(name -> "/" + Objects.requireNonNull(name))
                .toList();
        assertThat(files).contains("/index.html", "/console.js");
    }

    @AfterAll
    static void stop() {
        ISSUER.close();
    }

    @ParameterizedTest
    @EnumSource
    void whoMayNotGetsNothing(Mode mode) throws Exception {
        try (var muster = StartedMuster.with(mode.properties())) {
            assertEveryRoute(mode, muster.port(), muster.managementPort());
        }
    }

    @Test
    void whoMayNotGetsNothingAfterAnAheadOfTimeStartEither() throws Exception {
        Path processed = directory.resolve("ahead-of-time");
        AheadOfTime.process(Files.createDirectories(processed));
        for (Mode mode : Mode.values()) {
            try (var muster = AheadOfTime.start(processed, mode.properties())) {
                assertEveryRoute(mode, muster.port(), muster.managementPort());
                // Spring Security's settings decide about beans, so that one of the modes cannot start that way.
                assertThat(muster.output().contains("Starting AOT-processed")).isEqualTo(mode != Mode.JWT);
            }
        }
    }

    private static void assertEveryRoute(Mode mode, int port, int managementPort) throws Exception {
        String api = (mode == Mode.MUTUAL_TLS ? "https" : "http") + "://127.0.0.1:" + port;
        String management = "http://127.0.0.1:" + managementPort;
        int unknown = mode.asks() ? 401 : 404;
        try (var stranger = client(null);
                var caller = client(
                        new CertificateBuilder().subject("CN=caller").ecp256().buildIssuedBy(AUTHORITY))) {
            if (mode == Mode.MUTUAL_TLS) {
                assertThatExceptionOfType(IOException.class).isThrownBy(() -> send(stranger, "GET", api + "/", null));
            }
            HttpClient any = mode == Mode.MUTUAL_TLS ? caller : stranger;
            assertAnswer(send(any, "POST", api + "/batches", null), mode.asks() ? 401 : 400);
            assertAnswer(send(any, "POST", api + "/batches", mode.credentials()), 400);
            assertAnswer(send(any, "PUT", api + "/batches", mode.credentials()), 405);
            assertAnswer(send(any, "GET", api + "/views", null), mode.asks() ? 401 : 200);
            assertAnswer(send(any, "GET", api + "/views", mode.credentials()), 200);
            for (String method : List.of("GET", "POST")) {
                assertAnswer(send(any, method, api + "/views/none", null), unknown);
                assertAnswer(send(any, method, api + "/views/none", mode.credentials()), 404);
            }
            assertAnswer(send(any, "PUT", api + "/views/none", mode.credentials()), 405);
            for (String path : DETACHED) {
                for (String method : List.of("GET", "DELETE", "POST", "PUT", "OPTIONS")) {
                    var answer = send(any, method, api + path, mode.credentials());
                    assertThat(answer.statusCode())
                            .as("%s %s", method, path)
                            .isEqualTo(method.equals("OPTIONS") ? 204 : takes(path, method) ? 404 : 405);
                    assertThat(send(any, method, api + path, null).statusCode())
                            .as("%s %s of a stranger", method, path)
                            .isEqualTo(mode.asks() ? 401 : answer.statusCode());
                }
            }
            for (String path : documents()) {
                assertAnswer(send(any, "GET", api + path, null), path.equals("/swagger-ui.html") ? 302 : 200);
            }
            for (String path : ENDPOINTS) {
                assertAnswer(send(any, "GET", api + path, null), unknown);
                assertAnswer(send(any, "GET", api + path, mode.credentials()), 404);
                assertAnswer(send(stranger, "GET", management + path, null), 200);
                assertAnswer(send(stranger, "POST", management + path, null), 405);
            }
            for (String path : NOTHING) {
                assertThat(send(any, "GET", api + path, null).statusCode())
                        .as(path)
                        .isIn(unknown, 400);
                assertThat(send(any, "GET", api + path, mode.credentials()).statusCode())
                        .as(path)
                        .isIn(404, 400);
            }
            assertThat(send(any, "GET", api + SPELLED, mode.credentials()).statusCode())
                    .isEqualTo(405);
            assertThat(send(any, "GET", api + SPELLED, null).statusCode()).isEqualTo(unknown == 404 ? 405 : unknown);
            for (String method : List.of("GET", "POST", "PUT", "DELETE", "OPTIONS")) {
                for (String path : Stream.of(
                                List.of("/batches", "/views", "/views/none", SPELLED), DETACHED, documents(), NOTHING)
                        .flatMap(List::stream)
                        .toList()) {
                    for (@Nullable String credentials : new @Nullable String[] {null, mode.credentials()}) {
                        assertAnswer(send(stranger, method, management + path, credentials), 404);
                    }
                }
            }
        }
    }

    private static boolean takes(String path, String method) {
        return method.equals("GET") || (method.equals("DELETE") && !path.endsWith("/results"));
    }

    private static List<String> documents() {
        return Stream.concat(DOCUMENTS.stream(), files.stream()).toList();
    }

    private static void assertAnswer(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode())
                .as("%s %s: %s", answer.request().method(), answer.uri(), answer.body())
                .isEqualTo(status);
        var headers = answer.headers();
        assertThat(headers.firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'", "frame-ancestors 'none'")
                        .doesNotContain("unsafe"));
        assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(headers.firstValue("Referrer-Policy")).hasValue("no-referrer");
        if (status >= 400) {
            assertThat(headers.firstValue("Content-Type"))
                    .as("%s", answer)
                    .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        }
        if (status == 405) {
            assertThat(headers.firstValue("Allow")).isPresent();
        }
    }

    /// So that none is forgotten above.
    @Test
    @SuppressWarnings("NullAway") // mappings without a pattern there are none
    void everyRouteOfTheApiIsTried() {
        try (var muster = StartedMuster.with()) {
            var annotated =
                    muster.context().getBean("requestMappingHandlerMapping", RequestMappingHandlerMapping.class);
            assertThat(annotated.getHandlerMethods().keySet().stream()
                            .flatMap(mapping -> mapping.getPatternsCondition().getPatterns().stream())
                            .map(Object::toString))
                    .isSubsetOf(DOCUMENTS);
            var routes = muster.context().getBean("routerFunctionMapping", RouterFunctionMapping.class);
            assertThat(String.valueOf(routes.getRouterFunction()).lines())
                    .allMatch(route -> route.contains("/batches") || route.contains("/views"));
        }
    }

    @Test
    void whereManagementHasNoPortOfItsOwnOnlyHealthIsOpen() throws Exception {
        int port = AheadOfTime.freePort();
        var properties = new ArrayList<>(Mode.API_KEY.properties());
        properties.add("server.port=" + port);
        properties.add("management.server.port=" + port);
        try (var muster = StartedMuster.onPortsOf(properties);
                var client = client(null)) {
            String api = "http://127.0.0.1:" + muster.port();
            assertAnswer(send(client, "POST", api + "/batches", null), 401);
            assertAnswer(send(client, "POST", api + "/batches", KEY), 400);
            for (String path : ENDPOINTS) {
                assertAnswer(send(client, "GET", api + path, null), path.startsWith("/actuator/health") ? 200 : 401);
                assertAnswer(send(client, "GET", api + path, KEY), 200);
            }
            assertAnswer(send(client, "GET", api + "/actuator/env", null), 401);
            assertAnswer(send(client, "GET", api + "/actuator/env", KEY), 404);
        }
    }

    @Test
    void infoSaysWhichVersionRunsAndOfWhichCommit() throws Exception {
        try (var muster = StartedMuster.with();
                var client = client(null)) {
            String management = "http://127.0.0.1:" + muster.managementPort();
            JsonNode info = JsonMapper.shared()
                    .readTree(send(client, "GET", management + "/actuator/info", null)
                            .body());

            assertThat(info.at("/build/version").asString()).matches("\\d+\\.\\d+\\.\\d+.*");
            // Sources without a history make a jar that has none.
            if (new ClassPathResource("git.properties").exists()) {
                assertThat(info.at("/git/commit/id").asString()).matches("[0-9a-f]{7,40}");
            } else {
                assertThat(info.has("git")).isFalse();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"server.address", "management.server.address"})
    void managementListensWhereTheApiDoesUnlessToldOtherwise(String property) throws Exception {
        try (var muster = StartedMuster.with(property + "=127.0.0.2");
                var client = client(null)) {
            String path = ":" + muster.managementPort() + "/actuator/health";
            assertAnswer(send(client, "GET", "http://127.0.0.2" + path, null), 200);
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> send(client, "GET", "http://127.0.0.1" + path, null));
        }
    }

    @Test
    void managementWithTlsOfItsOwnHasEndpointsOnly() throws Exception {
        var properties = new ArrayList<>(Mode.MUTUAL_TLS.properties());
        properties.add("management.server.ssl.enabled=true");
        properties.add("management.server.ssl.bundle=inbound");
        try (var muster = StartedMuster.with(properties);
                var client = client(null)) {
            String management = "https://127.0.0.1:" + muster.managementPort();
            assertAnswer(send(client, "GET", management + "/actuator/health", null), 200);
            assertAnswer(send(client, "POST", management + "/batches", null), 404);
            assertAnswer(send(client, "GET", management + "/", null), 404);
        }
    }

    private static HttpResponse<String> send(HttpClient client, String method, String url, @Nullable String credentials)
            throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .method(method, method.equals("GET") ? BodyPublishers.noBody() : BodyPublishers.ofString("{}"));
        if (credentials != null) {
            request.header("Authorization", "Bearer " + credentials);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private static HttpClient client(@Nullable X509Bundle own) throws Exception {
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(
                own == null ? new KeyManager[0] : own.toKeyManagerFactory().getKeyManagers(),
                new TrustManager[] {AUTHORITY.toTrustManager()},
                null);
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(tls)
                .build();
    }

    private static X509Bundle authority() {
        try {
            return new CertificateBuilder()
                    .subject("CN=authority")
                    .setIsCertificateAuthority(true)
                    .ecp256()
                    .buildSelfSigned();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
