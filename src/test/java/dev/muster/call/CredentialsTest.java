package dev.muster.call;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.outcome.CallOutcome;
import dev.muster.service.Protocol;
import dev.muster.service.Service;
import dev.muster.upstream.AccessTokens;
import dev.muster.upstream.CredentialsFilter;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import reactor.core.publisher.Mono;

/// Where the credentials of a service go, and where they never do.
@ExtendWith(NoLeaks.class)
class CredentialsTest {

    private static final String SECRET = "s3cr3t";

    private final MockWebServer server = new MockWebServer();
    private final MockWebServer other = new MockWebServer();
    private final AtomicInteger fetches = new AtomicInteger();
    private final AtomicLong nanos = new AtomicLong(Duration.ofHours(1).toNanos());

    @BeforeEach
    void start() throws Exception {
        server.start();
        other.start();
    }

    @AfterEach
    void close() {
        server.close();
        other.close();
    }

    private static String url(MockWebServer of, String path) {
        return "http://127.0.0.1:" + of.getPort() + path;
    }

    private Upstreams upstreams(Function<Service, ExchangeFilterFunction> credentials) {
        return Upstreams.with()
                .service("up", URI.create(url(server, "")), Protocol.HTTP1)
                .filters(service -> service.name().equals("up") ? List.of(credentials.apply(service)) : List.of())
                .open();
    }

    private Upstreams withHeader() {
        return upstreams(service -> CredentialsFilter.ofHeader(service, "X-Api-Key", SECRET));
    }

    private Upstreams withToken() {
        var tokens = new AccessTokens(
                () -> Mono.just(new AccessTokens.Issued("token-" + fetches.incrementAndGet(), Duration.ofMinutes(5))),
                Duration.ofSeconds(5),
                nanos::get);
        return upstreams(service -> CredentialsFilter.ofToken(service, tokens));
    }

    private static CallPlans to(Upstreams upstreams, String url) {
        return CallPlans.to(url).service(upstreams.service("up"));
    }

    private static void answer(MockWebServer by, int status, String... headers) {
        var response = new MockResponse.Builder().code(status).body("{}");
        for (int i = 0; i < headers.length; i += 2) {
            response.addHeader(headers[i], headers[i + 1]);
        }
        by.enqueue(response.build());
    }

    private static List<String> key(RecordedRequest request) {
        return request.getHeaders().values("x-api-key");
    }

    @Test
    void theOriginOfTheBaseUrlGetsTheHeaderInPlaceOfTheCallers() throws Exception {
        answer(server, 200);
        try (var upstreams = withHeader()) {
            upstreams.call(to(upstreams, url(server, "/items")).header("x-api-key", "mine"));
        }
        assertThat(key(server.takeRequest())).containsExactly(SECRET);
    }

    @Test
    void anotherHostOfTheServiceDoesNotGetIt() throws Exception {
        answer(other, 200);
        try (var upstreams = withHeader()) {
            upstreams.call(to(upstreams, url(other, "/items")));
        }
        assertThat(key(other.takeRequest())).isEmpty();
    }

    @Test
    void aRedirectWithinTheOriginGetsIt() throws Exception {
        answer(server, 302, "location", "/there");
        answer(server, 200);
        try (var upstreams = withHeader()) {
            upstreams.call(to(upstreams, url(server, "/here")).redirects(2));
        }
        assertThat(key(server.takeRequest())).containsExactly(SECRET);
        assertThat(key(server.takeRequest())).containsExactly(SECRET);
    }

    @Test
    void aRedirectToAnotherOriginDoesNotGetItNorDoesOneBackFromThere() throws Exception {
        answer(server, 302, "location", url(other, "/there"));
        answer(other, 302, "location", url(server, "/back"));
        answer(server, 200);
        try (var upstreams = withHeader()) {
            assertThat(upstreams.call(to(upstreams, url(server, "/here")).redirects(3)))
                    .isInstanceOf(CallOutcome.Succeeded.class);
        }
        assertThat(key(server.takeRequest())).containsExactly(SECRET);
        assertThat(key(other.takeRequest())).isEmpty();
        RecordedRequest back = server.takeRequest();
        assertThat(back.getTarget()).isEqualTo("/back");
        assertThat(key(back)).isEmpty();
    }

    @Test
    void noOutcomeRepeatsIt() {
        answer(server, 403);
        try (var upstreams = withHeader()) {
            assertThat(upstreams
                            .call(to(upstreams, url(server, "/")).header("a", "b"))
                            .toString())
                    .doesNotContain(SECRET);
        }
    }

    @Test
    void aTokenIsSentAsABearerToken() throws Exception {
        answer(server, 200);
        try (var upstreams = withToken()) {
            upstreams.call(to(upstreams, url(server, "/")).header("authorization", "Bearer mine"));
        }
        assertThat(server.takeRequest().getHeaders().values("authorization")).containsExactly("Bearer token-1");
    }

    @Test
    void aTokenThatIsNotTakenIsRenewedOnceAndTheAttemptCounted() throws Exception {
        answer(server, 200);
        answer(server, 401);
        answer(server, 200);
        try (var upstreams = withToken()) {
            upstreams.call(to(upstreams, url(server, "/")));
            nanos.addAndGet(Duration.ofMinutes(1).toNanos());

            CallOutcome outcome = upstreams.call(to(upstreams, url(server, "/")));

            assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
            assertThat(outcome.trace().attempts()).isEqualTo(2);
        }
        assertThat(server.takeRequest().getHeaders().get("authorization")).isEqualTo("Bearer token-1");
        assertThat(server.takeRequest().getHeaders().get("authorization")).isEqualTo("Bearer token-1");
        RecordedRequest again = server.takeRequest();
        assertThat(again.getHeaders().get("authorization")).isEqualTo("Bearer token-2");
        assertThat(again.getConnectionIndex()).isZero();
    }

    @Test
    void aFreshTokenThatIsNotTakenLeavesTheRefusal() {
        answer(server, 401);
        try (var upstreams = withToken()) {
            CallOutcome outcome = upstreams.call(to(upstreams, url(server, "/")));

            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.response())
                                    .isNotNull()
                                    .satisfies(response ->
                                            assertThat(response.status()).isEqualTo(401)));
        }
        assertThat(fetches).hasValue(1);
        assertThat(server.getRequestCount()).isOne();
    }

    @Test
    void aCallWhoseTokenIsNotToBeHadFailsUnsent() {
        var tokens = new AccessTokens(
                () -> Mono.error(new IllegalStateException(SECRET)), Duration.ofSeconds(5), nanos::get);
        try (var upstreams = upstreams(service -> CredentialsFilter.ofToken(service, tokens))) {
            CallOutcome outcome = upstreams.call(to(upstreams, url(server, "/")));

            assertThat(outcome)
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.detail())
                                    .isEqualTo("a filter of the service got no access token"));
            assertThat(outcome.trace().sent()).isFalse();
        }
        assertThat(server.getRequestCount()).isZero();
    }

    @Test
    void aTokenServerThatStallsCostsACallItsOwnTimeAndNobodyElse() {
        var tokens = new AccessTokens(Mono::never, Duration.ofSeconds(5), nanos::get);
        try (var upstreams = Upstreams.with()
                .timeout(Duration.ofMillis(100))
                .service("up", URI.create(url(server, "")), Protocol.HTTP1)
                .filters(service ->
                        service.name().equals("up") ? List.of(CredentialsFilter.ofToken(service, tokens)) : List.of())
                .open()) {
            answer(server, 200);
            var plan = to(upstreams, url(server, "/")).build();
            var live = upstreams.live(plan);
            var stalled = upstreams.make(plan, live).toFuture();

            live.expire(live.deadline());

            assertThat(stalled.join())
                    .isInstanceOfSatisfying(
                            CallOutcome.TimedOut.class,
                            timedOut -> assertThat(timedOut.phase().name()).isEqualTo("ACQUIRE"));
            assertThat(upstreams.call(CallPlans.to(url(server, "/")))).isInstanceOf(CallOutcome.Succeeded.class);
        }
        assertThat(server.getRequestCount()).isOne();
    }
}
