package dev.muster.acceptance;

import static java.net.http.HttpResponse.BodyHandlers.ofByteArray;
import static java.net.http.HttpResponse.BodyHandlers.ofInputStream;
import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Keeps the upstream honest: each misbehaviour is what its name says, as seen by a client that is not Muster.
@Timeout(20)
class FaultyUpstreamTest {

    private static final Duration SOON = Duration.ofSeconds(5);
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private final FaultyUpstream upstream = FaultyUpstream.start();
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterEach
    void stop() throws IOException {
        http.shutdownNow();
        upstream.close();
    }

    @Test
    void keepsTheConnectionWhenItAnswersWell() throws Exception {
        for (int i = 0; i < 20; i++) {
            assertThat(get("/ok", ofString()).body()).isEqualTo("{\"ok\":true}");
        }
        assertThat(upstream.connectionsAccepted()).isEqualTo(1);
        assertThat(upstream.exchanges("/ok")).hasSize(20);
        assertThat(upstream.mostInFlight()).isEqualTo(1);
        assertThat(upstream.inFlight()).isZero();
    }

    @Test
    void remembersTheRequestAsItCame() throws Exception {
        var request = HttpRequest.newBuilder(URI.create(upstream.url("/ok?a=%2F&b")))
                .header("X-Tenant", "a")
                .header("X-Tenant", "b")
                .method("PATCH", HttpRequest.BodyPublishers.ofByteArray(Behaviour.Content.EVERY_BYTE))
                .build();

        http.send(request, ofString());

        var seen = upstream.awaitExchange("/ok?a=%2F&b");
        assertThat(seen.method()).isEqualTo("PATCH");
        assertThat(seen.header("x-tenant")).containsExactly("a", "b");
        assertThat(seen.body()).isEqualTo(Behaviour.Content.EVERY_BYTE);
    }

    @Test
    void readsABodyOfUnknownLength() throws Exception {
        var chunks =
                HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(Behaviour.Content.EVERY_BYTE));

        http.send(
                HttpRequest.newBuilder(URI.create(upstream.url("/ok")))
                        .POST(chunks)
                        .build(),
                ofString());

        assertThat(upstream.awaitExchange("/ok").body()).isEqualTo(Behaviour.Content.EVERY_BYTE);
    }

    @Test
    void answersNoEarlierThanTheDelay() throws Exception {
        var start = System.nanoTime();
        assertThat(get("/delay/50/503", ofString()).statusCode()).isEqualTo(503);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
    }

    @Test
    void answersAHeldRequestWhenItIsReleased() {
        var answer = http.sendAsync(request("/hold"), ofString());
        var held = upstream.awaitExchange("/hold");
        assertThat(upstream.inFlight()).isEqualTo(1);
        assertThat(answer).isNotDone();

        held.release();

        assertThat(answer).succeedsWithin(SOON);
        assertThat(upstream.inFlight()).isZero();
    }

    @Test
    void seesTheClientGoWhenARequestIsCancelled() {
        var answer = http.sendAsync(request("/black-hole"), ofString());
        var swallowed = upstream.awaitExchange("/black-hole");

        answer.cancel(true);

        assertThat(swallowed.closedByPeer()).succeedsWithin(SOON);
        upstream.awaitInFlight(0);
    }

    @Test
    void seesTheClientGoWhenABodyIsAbandoned() throws Exception {
        try (var body = get("/slow-body", ofInputStream()).body()) {
            assertThat(body.read()).isEqualTo('.');
            assertThat(upstream.inFlight()).isEqualTo(1);
        }
        assertThat(upstream.awaitExchange("/slow-body").closedByPeer()).succeedsWithin(SOON);
    }

    @Test
    void carriesHundredsOfRequestsAtOnce() {
        List<CompletableFuture<HttpResponse<String>>> answers = IntStream.range(0, 300)
                .mapToObj(i -> http.sendAsync(request("/hold?" + i), ofString()))
                .toList();
        upstream.awaitInFlight(300);

        upstream.exchanges().forEach(Exchange::release);

        assertThat(answers).allSatisfy(answer -> assertThat(answer).succeedsWithin(SOON));
        assertThat(upstream.mostInFlight()).isEqualTo(300);
    }

    @Test
    void statesALengthThatTheBodyDoesNotHaveWhenAskedForExcess() throws Exception {
        assertThat(get("/excess-body", ofString()).body()).isEqualTo("true");
    }

    @Test
    void inflatesBeyondEveryLimitWhenAskedForABomb() throws Exception {
        var bomb = get("/gzip-bomb", ofByteArray()).body();
        assertThat(bomb.length).isLessThan(64 << 10);
        try (var inflated = new GZIPInputStream(new ByteArrayInputStream(bomb))) {
            assertThat(inflated.transferTo(OutputStream.nullOutputStream())).isEqualTo(Behaviour.Content.BOMB_SIZE);
        }
    }

    @Test
    void sendsMoreThanAnyoneWantsWhenTheBodyIsEndless() throws Exception {
        try (var body = get("/endless-body", ofInputStream()).body()) {
            assertThat(body.readNBytes(20 << 20)).hasSize(20 << 20);
        }
        assertThat(upstream.awaitExchange("/endless-body").closedByPeer()).succeedsWithin(SOON);
    }

    @Test
    void redirectsAsOftenAsAskedAndThenAnswers() throws Exception {
        assertThat(get("/redirect/2", ofString()).headers().firstValue("location"))
                .contains("/redirect/1");
        assertThat(get("/redirect/1", ofString()).headers().firstValue("location"))
                .contains("/ok?landed");
        assertThat(get("/redirect-loop?x", ofString()).headers().firstValue("location"))
                .contains("/redirect-loop?x");
    }

    @ParameterizedTest
    @EnumSource(names = {"RESET_BEFORE_HEADERS", "RESET_AFTER_HEADERS", "RESET_IN_BODY", "TRUNCATED_BODY", "GARBAGE"})
    void breaksTheExchangeWhenAskedTo(Behaviour behaviour) {
        assertThatIOException()
                .isThrownBy(() -> get(behaviour.path(), ofString()))
                .isNotInstanceOf(HttpTimeoutException.class);
        assertThat(upstream.awaitExchange(behaviour.path()).closedByPeer()).isNotDone();
    }

    @ParameterizedTest
    @EnumSource(names = {"BLACK_HOLE", "SLOW_HEADERS", "INTERIM_STORM"})
    void neverAnswersWhenAskedTo(Behaviour behaviour) {
        assertThatIOException().isThrownBy(() -> get(behaviour.path(), ofString()));
        http.shutdownNow();
        assertThat(upstream.awaitExchange(behaviour.path()).closedByPeer()).succeedsWithin(SOON);
    }

    @Test
    void speaksNoTls() {
        assertThatExceptionOfType(SSLException.class)
                .isThrownBy(() ->
                        http.send(request(URI.create("https://127.0.0.1:" + upstream.port() + "/ok")), ofString()));
        assertThat(upstream.exchanges()).isEmpty();
    }

    @Test
    void refusesConnectionsOnARefusingPort() {
        assertThatExceptionOfType(ConnectException.class)
                .isThrownBy(() -> http.send(
                        request(URI.create("http://127.0.0.1:" + FaultyUpstream.refusingPort() + "/")), ofString()));
    }

    @Test
    void connectsAndStaysSilentOnASilentPort() {
        assertThatExceptionOfType(HttpTimeoutException.class)
                .isThrownBy(() -> http.send(
                        request(URI.create("http://127.0.0.1:" + FaultyUpstream.silentPort() + "/")), ofString()));
    }

    private <T> HttpResponse<T> get(String target, BodyHandler<T> handler) throws IOException, InterruptedException {
        return http.send(request(target), handler);
    }

    private HttpRequest request(String target) {
        return request(URI.create(upstream.url(target)));
    }

    private static HttpRequest request(URI uri) {
        return HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
    }
}
