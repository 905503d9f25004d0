package dev.muster.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.jwk.RSAKey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Who may call, over the wire. The only call of every batch is one that the egress policy rejects, so that a batch
/// that is let in answers at once.
@Timeout(180)
class AuthenticationTest {

    private static final String BATCH = "{\"requests\": [\"http://127.0.0.1:9/\"]}";

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class WithApiKeys {

        private final StartedMuster muster = StartedMuster.with(
                "muster.auth.mode=api-key",
                "muster.auth.api-keys.alice=" + sha256("alice-1") + "," + sha256("alice-2"),
                "muster.auth.api-keys.bob=" + sha256("bob-1"),
                "muster.callers.bob.rate=1",
                "muster.callers.bob.burst=1");

        @AfterAll
        void stop() {
            muster.close();
        }

        @ParameterizedTest
        @ValueSource(strings = {"alice-1", "alice-2"})
        void whoeverHasAKeyIsLetIn(String key) {
            assertThat(muster.client().post(BATCH, "X-API-Key", key).statusCode())
                    .isEqualTo(200);
            assertThat(muster.client()
                            .post(BATCH, "Authorization", "Bearer " + key)
                            .statusCode())
                    .isEqualTo(200);
        }

        @Test
        void whoeverHasNoneIsToldWhatToBring() {
            var response = muster.client().post(BATCH);

            assertRefused(response, 401, "unauthenticated");
            assertThat(response.headers().allValues("WWW-Authenticate")).containsExactly("Bearer realm=\"muster\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"alice-3", "", "alice-1 ", "Alice-1"})
        void aWrongKeyIsRefused(String key) {
            var response = muster.client().post(BATCH, "X-API-Key", key.isEmpty() ? "-" : key.replace(' ', '_'));

            assertRefused(response, 401, "unauthenticated");
            assertThat(response.headers().allValues("WWW-Authenticate"))
                    .containsExactly("Bearer realm=\"muster\", error=\"invalid_token\"");
        }

        @ParameterizedTest
        @ValueSource(strings = {"", " ", "\t"})
        void anEmptyKeyIsRefused(String key) {
            assertRefused(muster.client().post(BATCH, "X-API-Key", key), 401, "unauthenticated");
        }

        @ParameterizedTest
        @ValueSource(strings = {"Bearer", "Bearer ", "Bearer alice-1 alice-2", "Bearer ä", "Basic YWxpY2UtMTo="})
        void credentialsThatAreNotReadableAreRefused(String authorization) {
            assertRefused(muster.client().post(BATCH, "Authorization", authorization), 401, "unauthenticated");
        }

        @Test
        void twoKeysAreRefusedEvenIfBothAreRight() {
            assertRefused(
                    muster.client().post(BATCH, "X-API-Key", "alice-1", "Authorization", "Bearer alice-1"),
                    401,
                    "unauthenticated");
        }

        @Test
        void whatIsRefusedForItsCallerIsNotRead() {
            assertRefused(muster.client().post("{", "Content-Type", "text/plain"), 401, "unauthenticated");
        }

        @Test
        void aCallersRateIsItsOwn() {
            assertThat(muster.client().post(BATCH, "X-API-Key", "bob-1").statusCode())
                    .isEqualTo(200);

            var limited = muster.client().post(BATCH, "X-API-Key", "bob-1");
            assertRefused(limited, 429, "rate-limited");
            assertThat(limited.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(muster.client().post(BATCH, "X-API-Key", "alice-1").statusCode())
                    .isEqualTo(200);
        }

        @Test
        void aBatchThatItsCallersRateWillNeverAllowIsTooLarge() {
            var response = muster.client()
                    .post("{\"requests\": [\"http://127.0.0.1:9/\", \"http://127.0.0.1:9/\"]}", "X-API-Key", "bob-1");

            assertRefused(response, 413, "batch-too-large");
            assertThat(response.headers().firstValue("Retry-After")).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"/", "/console.js", "/console.css", "/favicon.svg", "/v3/api-docs", "/swagger-ui.html"})
        void consoleAndDocumentAreOpen(String path) throws Exception {
            assertThat(get(muster.port(), path).statusCode()).isIn(200, 302, 307);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "/batches",
                    "/batches/",
                    "/batches/1",
                    "/views",
                    "/views/",
                    "/views/none",
                    "/views/none.js",
                    "/nothing",
                    "/actuator",
                    "/actuator/health",
                    "/actuator/env",
                    "/sub/console.js",
                    "/batches/x.js",
                    "/v3/api-docs/../../batches",
                    "//batches",
                    "/%62atches",
                    "/batches;x=.js"
                })
        void everythingElseIsClosed(String path) throws Exception {
            assertThat(get(muster.port(), path).statusCode()).isIn(401, 400);
        }

        @Test
        void theManagementPortShowsHealthAndMetricsWithoutAKeyAndNothingElse() throws Exception {
            for (String open :
                    List.of("health", "health/liveness", "health/readiness", "health/serving", "info", "prometheus")) {
                assertThat(get(muster.managementPort(), "/actuator/" + open).statusCode())
                        .as(open)
                        .isEqualTo(200);
            }
            for (String closed :
                    List.of("env", "heapdump", "beans", "configprops", "loggers", "threaddump", "shutdown")) {
                assertThat(get(muster.managementPort(), "/actuator/" + closed).statusCode())
                        .as(closed)
                        .isIn(401, 404);
            }
            assertThat(get(muster.managementPort(), "/batches").statusCode()).isIn(401, 404);
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class WithTokens {

        private final TokenIssuer issuer = TokenIssuer.start();
        private final StartedMuster muster = StartedMuster.with(
                "muster.auth.mode=jwt",
                "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=" + issuer.url("/keys"),
                "spring.security.oauth2.resourceserver.jwt.issuer-uri=https://issuer.test",
                "spring.security.oauth2.resourceserver.jwt.audiences=muster",
                "muster.auth.jwt.scope=batches",
                "muster.callers.default.rate=1",
                "muster.callers.default.burst=1");

        @AfterAll
        void stop() {
            muster.close();
            issuer.close();
        }

        @Test
        void theSubjectOfAValidTokenIsTheCaller() {
            assertThat(post(issuer.token(TokenIssuer.claims("carol"))).statusCode())
                    .isEqualTo(200);
            assertRefused(post(issuer.token(TokenIssuer.claims("carol"))), 429, "rate-limited");
            assertThat(post(issuer.token(TokenIssuer.claims("dave"))).statusCode())
                    .isEqualTo(200);
        }

        @Test
        void aTokenWithoutTheScopeIsForbidden() {
            var response = post(issuer.token(TokenIssuer.claims("erin").claim("scope", "other")));

            assertRefused(response, 403, "forbidden");
            assertThat(response.headers().allValues("WWW-Authenticate"))
                    .containsExactly("Bearer realm=\"muster\", error=\"insufficient_scope\"");
        }

        Stream<String> invalidTokens() {
            return Stream.of(
                    issuer.token(TokenIssuer.claims("erin").audience("another")),
                    issuer.token(TokenIssuer.claims("erin").audience(List.of())),
                    issuer.token(TokenIssuer.claims("erin").issuer("https://other.test")),
                    issuer.token(TokenIssuer.claims("erin")
                            .expirationTime(Date.from(Instant.now().minusSeconds(120)))),
                    issuer.token(TokenIssuer.claims("erin")
                            .notBeforeTime(Date.from(Instant.now().plusSeconds(600)))),
                    issuer.token(TokenIssuer.claims("erin").expirationTime(null)),
                    issuer.token(TokenIssuer.claims(null)),
                    issuer.token(TokenIssuer.claims(" ")),
                    issuer.token(TokenIssuer.claims("anonymous")),
                    TokenIssuer.forged(TokenIssuer.claims("erin")),
                    issuer.token(TokenIssuer.claims("erin")) + "x",
                    "eyJhbGciOiJub25lIn0.eyJzdWIiOiJlcmluIn0.",
                    "not-a-token");
        }

        @ParameterizedTest
        @MethodSource("invalidTokens")
        void aTokenThatIsNotValidIsRefused(String token) {
            assertRefused(post(token), 401, "unauthenticated");
        }

        @Test
        void aTokenIsTakenFromItsHeaderOnly() {
            String token = issuer.token(TokenIssuer.claims("frank"));

            assertRefused(muster.client().post(BATCH), 401, "unauthenticated");
            assertRefused(muster.client().post(BATCH, "X-API-Key", token), 401, "unauthenticated");
        }

        private HttpResponse<String> post(String token) {
            return muster.client().post(BATCH, "Authorization", "Bearer " + token);
        }
    }

    /// Anybody can make up the name of a key.
    @Test
    void theIssuerIsAskedForItsKeysOnceInAnIntervalHoweverManyAreUnknown() {
        RSAKey stranger = TokenIssuer.newKey("stranger");
        try (var issuer = TokenIssuer.start();
                var muster = StartedMuster.with(
                        "muster.auth.mode=jwt",
                        "muster.auth.jwt.key-refresh-interval=1h",
                        "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=" + issuer.url("/keys"))) {
            for (int i = 0; i < 200; i++) {
                String token = TokenIssuer.unknown("unknown-" + i, stranger);
                assertRefused(muster.client().post(BATCH, "Authorization", "Bearer " + token), 401, "unauthenticated");
            }
            String token = issuer.token(TokenIssuer.claims("grace"));
            assertThat(muster.client()
                            .post(BATCH, "Authorization", "Bearer " + token)
                            .statusCode())
                    .isEqualTo(200);
            assertThat(issuer.fetches()).isEqualTo(1);
        }
    }

    @Test
    void aKeyThatIsNewIsFoundAfterTheInterval() {
        try (var issuer = TokenIssuer.start();
                var muster = StartedMuster.with(
                        "muster.auth.mode=jwt",
                        "muster.auth.jwt.key-refresh-interval=500ms",
                        "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=" + issuer.url("/keys"))) {
            String before = issuer.token(TokenIssuer.claims("grace"));
            assertThat(muster.client()
                            .post(BATCH, "Authorization", "Bearer " + before)
                            .statusCode())
                    .isEqualTo(200);

            issuer.rotate("2");

            String after = issuer.token(TokenIssuer.claims("grace"));
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> muster.client()
                                    .post(BATCH, "Authorization", "Bearer " + after)
                                    .statusCode()
                            == 200);
        }
    }

    @Test
    void callersAreToldToComeAgainWhenTheIssuerIsSilent() {
        try (var issuer = TokenIssuer.start();
                var muster = StartedMuster.with(
                        "muster.auth.mode=jwt",
                        "spring.security.oauth2.resourceserver.jwt.jwk-set-uri=" + issuer.url("/silence"))) {
            var response =
                    muster.client().post(BATCH, "Authorization", "Bearer " + issuer.token(TokenIssuer.claims("grace")));

            assertRefused(response, 503, "authentication-unavailable");
            assertThat(response.headers().firstValue("Retry-After")).isPresent();
        }
    }

    @Test
    void callersAreToldToComeAgainWhenTheIssuerIsGone() {
        try (var issuer = TokenIssuer.start();
                var muster = StartedMuster.with(
                        "muster.auth.mode=jwt",
                        "spring.security.oauth2.resourceserver.jwt.issuer-uri=http://127.0.0.1:"
                                + FaultyUpstream.refusingPort())) {
            var response =
                    muster.client().post(BATCH, "Authorization", "Bearer " + issuer.token(TokenIssuer.claims("grace")));

            assertRefused(response, 503, "authentication-unavailable");
        }
    }

    private static void assertRefused(HttpResponse<String> response, int status, String name) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        JsonNode problem = new JsonMapper().readTree(response.body());
        assertThat(problem.path("type").asString()).isEqualTo("urn:muster:problem:" + name);
        assertThat(problem.path("status").intValue()).isEqualTo(status);
        assertThat(problem.path("detail").asString("")).isNotBlank().doesNotContain("127.0.0.1");
    }

    private static HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                            .build(),
                    BodyHandlers.ofString());
        }
    }

    static String sha256(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
