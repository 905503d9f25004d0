package dev.muster.call;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.muster.outcome.CallOutcome;
import dev.muster.outcome.FailureType;
import dev.muster.resilience.Resilience;
import dev.muster.service.ServiceCatalogue;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.RetryRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeStrategies;
import reactor.core.publisher.Mono;

/// What filters between Muster and a service may do, and what becomes of a call when they do something else.
@ExtendWith(NoLeaks.class)
class FiltersTest {

    private final MockWebServer server = new MockWebServer();

    @BeforeEach
    void start() throws Exception {
        server.start();
    }

    @AfterEach
    void close() {
        server.close();
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.getPort() + path;
    }

    private CallOutcome call(CallPlans call, ExchangeFilterFunction... filters) {
        try (var upstreams = Upstreams.with().filters(filters).open()) {
            return upstreams.call(call);
        }
    }

    private void answer(String body) {
        server.enqueue(new MockResponse.Builder()
                .code(200)
                .addHeader("content-type", "application/json")
                .body(body)
                .build());
    }

    @Test
    void theUpstreamGetsTheHeadersThatAFilterSetsInPlaceOfTheCalls() throws Exception {
        answer("{}");

        CallOutcome outcome = call(
                CallPlans.to(url("/items/7")).header("x-tenant", "a").header("x-other", "b"),
                (request, next) -> next.exchange(ClientRequest.from(request)
                        .headers(headers -> headers.set("X-Tenant", "mine"))
                        .build()));

        assertThat(outcome).isInstanceOf(CallOutcome.Succeeded.class);
        var request = server.takeRequest();
        assertThat(request.getHeaders().values("x-tenant")).containsExactly("mine");
        assertThat(request.getHeaders().values("x-other")).containsExactly("b");
        assertThat(request.getHeaders().get("x-deadline-ms")).isNotNull();
    }

    @Test
    void filtersRunInTheirOrderOutermostFirst() throws Exception {
        answer("{}");

        call(CallPlans.to(url("/")), adding("a"), adding("b"));

        assertThat(server.takeRequest().getHeaders().values("x-seen")).containsExactly("a,b");
    }

    private static ExchangeFilterFunction adding(String name) {
        return (request, next) -> {
            String seen = request.headers().getFirst("x-seen");
            return next.exchange(ClientRequest.from(request)
                    .headers(headers -> headers.set("x-seen", seen == null ? name : seen + "," + name))
                    .build());
        };
    }

    @Test
    void aFilterMayGiveTheUrlOfTheSameOriginAnotherQuery() throws Exception {
        answer("{}");

        call(
                CallPlans.to(url("/items?a=1")),
                (request, next) -> next.exchange(ClientRequest.from(request)
                        .url(URI.create(request.url() + "&signature=x%2Fy"))
                        .build()));

        assertThat(server.takeRequest().getTarget()).isEqualTo("/items?a=1&signature=x%2Fy");
    }

    @Test
    void aFilterSeesTheBodyThatIsSent() throws Exception {
        answer("{}");
        var seen = new AtomicReference<String>();

        call(
                CallPlans.to(url("/")).method("POST").body("{\"a\":1}".getBytes(UTF_8), "application/json"),
                (request, next) -> {
                    var output = new MockClientHttpRequest(request.method(), request.url());
                    return request.writeTo(output, ExchangeStrategies.withDefaults())
                            .then(Mono.defer(output::getBodyAsString))
                            .doOnNext(seen::set)
                            .then(Mono.defer(() -> next.exchange(request)));
                });

        assertThat(seen).hasValue("{\"a\":1}");
        var request = server.takeRequest();
        assertThat(Objects.requireNonNull(request.getBody()).utf8()).isEqualTo("{\"a\":1}");
        assertThat(request.getHeaders().values("content-type")).containsExactly("application/json");
    }

    @Test
    void nothingIsSentWhenAFilterAnswers() {
        CallOutcome outcome = call(
                CallPlans.to(url("/")),
                (_, _) -> Mono.just(ClientResponse.create(HttpStatus.OK)
                        .header("x-from", "filter")
                        .body("made up")
                        .build()));

        assertThat(outcome).isInstanceOfSatisfying(CallOutcome.Succeeded.class, succeeded -> {
            assertThat(succeeded.response().body()).asString(UTF_8).isEqualTo("made up");
            assertThat(succeeded.response().header("x-from")).isEqualTo("filter");
            assertThat(succeeded.trace().sent()).isFalse();
        });
        assertThat(server.getRequestCount()).isZero();
    }

    @Test
    void aFilterMayReadAResponseAndMakeAnotherOfIt() {
        answer("{\"secret\":1,\"name\":\"x\"}");

        CallOutcome outcome = call(
                CallPlans.to(url("/")),
                (request, next) -> next.exchange(request)
                        .flatMap(response -> response.bodyToMono(String.class)
                                .map(body -> response.mutate()
                                        .headers(headers -> headers.set("x-length", "" + body.length()))
                                        .body("{\"name\":\"x\"}")
                                        .build())));

        assertThat(outcome).isInstanceOfSatisfying(CallOutcome.Succeeded.class, succeeded -> {
            assertThat(succeeded.response().body()).asString(UTF_8).isEqualTo("{\"name\":\"x\"}");
            assertThat(succeeded.response().header("x-length")).isEqualTo("23");
            assertThat(succeeded.response().header("content-type")).isEqualTo("application/json");
        });
    }

    @Test
    void aCallThatTimesOutWhileAFilterHoldsItsResponseLeavesTheConnectionToOthers() throws Exception {
        answer("{}");
        answer("{}");
        var held = new CountDownLatch(1);
        try (var upstreams = Upstreams.with()
                .timeout(Duration.ofMillis(200))
                .filters((request, next) -> next.exchange(request).flatMap(response -> {
                    if (request.url().getPath().equals("/held")) {
                        held.countDown();
                        return Mono.never();
                    }
                    return Mono.just(response);
                }))
                .open()) {
            var plan = CallPlans.to(url("/held")).build();
            var live = upstreams.live(plan);
            CompletableFuture<@Nullable CallOutcome> first =
                    upstreams.make(plan, live).toFuture();
            held.await();

            live.expire(live.deadline());

            assertThat(first.get()).isInstanceOf(CallOutcome.TimedOut.class);
            await().until(() -> upstreams.usage().idle() == 1);
            assertThat(upstreams.call(CallPlans.to(url("/")))).isInstanceOf(CallOutcome.Succeeded.class);
            server.takeRequest();
            assertThat(server.takeRequest().getConnectionIndex()).isZero();
            await().until(() -> upstreams.usage().active() == 0);
        }
    }

    static Stream<Arguments> whatAFilterMayNot() {
        ExchangeFilterFunction throwing = (_, _) -> {
            throw new IllegalArgumentException("secret");
        };
        ExchangeFilterFunction twice = (request, next) -> next.exchange(request).flatMap(_ -> next.exchange(request));
        ExchangeFilterFunction elsewhere = (request, next) -> next.exchange(ClientRequest.from(request)
                .url(URI.create("http://other.test/"))
                .build());
        ExchangeFilterFunction otherMethod = (request, next) -> next.exchange(
                ClientRequest.from(request).method(HttpMethod.DELETE).build());
        ExchangeFilterFunction otherBody = (request, next) -> next.exchange(
                ClientRequest.from(request).body(BodyInserters.fromValue("x")).build());
        ExchangeFilterFunction ofItsOwn = (request, next) -> next.exchange(
                ClientRequest.create(HttpMethod.GET, request.url()).build());
        ExchangeFilterFunction noAnswer = (_, _) -> Mono.empty();
        ExchangeFilterFunction failing = (_, _) -> Mono.error(new IllegalStateException("secret"));
        return Stream.of(
                Arguments.of("a filter of the service failed", 0, throwing),
                Arguments.of("a filter of the service failed", 0, failing),
                Arguments.of("a filter of the service gave no response", 0, noAnswer),
                Arguments.of("a filter of the service sent a request twice", 1, twice),
                Arguments.of("a filter of the service sent a request to another origin", 0, elsewhere),
                Arguments.of("a filter of the service changed the method of a request", 0, otherMethod),
                Arguments.of(
                        "a filter of the service changed the body of a request, or sent one of its own", 0, otherBody),
                Arguments.of(
                        "a filter of the service changed the body of a request, or sent one of its own", 0, ofItsOwn));
    }

    @ParameterizedTest
    @MethodSource("whatAFilterMayNot")
    void whatAFilterMayNotFailsItsCallAndSaysNothingOfTheUpstream(
            String detail, int requests, ExchangeFilterFunction filter) {
        answer("{}");
        answer("{}");
        var breakers = CircuitBreakerRegistry.of(CircuitBreakerConfig.custom()
                .slidingWindowSize(2)
                .minimumNumberOfCalls(1)
                .build());
        breakers.circuitBreaker(ServiceCatalogue.DEFAULT);
        try (var upstreams = Upstreams.with()
                .registries(new Resilience.Registries(
                        breakers,
                        BulkheadRegistry.ofDefaults(),
                        RateLimiterRegistry.ofDefaults(),
                        RetryRegistry.ofDefaults()))
                .filters(filter)
                .open()) {
            CallOutcome outcome = upstreams.call(CallPlans.to(url("/")));

            assertThat(outcome).isInstanceOfSatisfying(CallOutcome.Failed.class, failed -> {
                assertThat(failed.detail()).isEqualTo(detail).doesNotContain("secret");
                assertThat(failed.type())
                        .isEqualTo(requests == 0 ? FailureType.CONNECT_FAILED : FailureType.PROTOCOL_ERROR);
            });
            assertThat(breakers.getAllCircuitBreakers())
                    .extracting(CircuitBreaker::getState)
                    .doesNotContain(CircuitBreaker.State.OPEN);
        }
        assertThat(server.getRequestCount()).isEqualTo(requests);
    }

    @Test
    void whatFailsOnTheWireIsNamedSoWhateverFiltersMakeOfIt() {
        int port = server.getPort();
        server.close();

        CallOutcome outcome = call(
                CallPlans.to("http://127.0.0.1:" + port + "/"),
                (request, next) -> next.exchange(request).onErrorMap(_ -> new IllegalStateException("mine")));

        assertThat(outcome)
                .isInstanceOfSatisfying(
                        CallOutcome.Failed.class,
                        failed -> assertThat(failed.detail()).isEqualTo("the connection could not be opened"));
    }

    @Test
    void aBodyThatAFilterMakesIsHeldToTheLimits() {
        List<ExchangeFilterFunction> large = List.of((_, _) -> Mono.just(
                ClientResponse.create(HttpStatus.OK).body("x".repeat(2_000)).build()));
        try (var upstreams = Upstreams.with()
                .maxResponseBytes(1_000)
                .filters(large.getFirst())
                .open()) {
            assertThat(upstreams.call(CallPlans.to(url("/"))))
                    .isInstanceOfSatisfying(
                            CallOutcome.Failed.class,
                            failed -> assertThat(failed.type()).isEqualTo(FailureType.RESPONSE_TOO_LARGE));
        }
    }
}
